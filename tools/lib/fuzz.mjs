import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseOptions } from './args.mjs';
import { Failure } from './failure.mjs';
import { inRoot } from './paths.mjs';
import { COULD_NOT_RUN, readSeeded, runSeeded, seededOptions, seededUsage } from './seeded.mjs';
import { setUp } from './setup.mjs';
import { requireUnix, runTool } from './tool.mjs';

const usage = `Attacks a server of its own with random input.

  npm run fuzz -- NAME [options]

  NAME          what is attacked: the files of tests/fuzz
${seededUsage}`;

/**
 * @typedef {import('./seeded.mjs').Campaign & { needs: string[] }} FuzzModule a file of tests/fuzz; `needs` are steps of setup.mjs
 */

/** The command `npm run fuzz`. */
export async function main(argv) {
  await runTool((tool) => fuzz(argv, tool), { codeWhenStopped: COULD_NOT_RUN, codeWhenFailed: COULD_NOT_RUN });
}

/**
 * @param {string[]} argv
 * @param {{ progress: import('./progress.mjs').Progress, shutdown: import('./shutdown.mjs').Shutdown }} tool
 * @param {{ folder?: string, print?: (line: string) => void }} [surroundings] where the fuzzers are and where results go
 */
export async function fuzz(argv, tool, { folder = inRoot('tests', 'fuzz'), print = console.log } = {}) {
  const { values, positionals } = parseOptions({ usage, options: seededOptions, positionals: true }, argv);
  if (values.help) {
    print(usage);
    return 0;
  }
  requireUnix();
  const name = chooseFuzzer(folder, positionals);
  const limits = readSeeded(values);
  const module = await import(pathToFileURL(path.join(folder, `${name}.mjs`)));
  return runSeeded(limits, tool, { ...module, prepare: () => setUp(module.needs, tool) }, print);
}

function chooseFuzzer(folder, wanted) {
  const all = existsSync(folder) ? readdirSync(folder).filter((file) => /^\w+\.mjs$/.test(file)).map((file) => path.basename(file, '.mjs')).sort() : [];
  if (wanted.length === 1 && all.includes(wanted[0])) return wanted[0];
  throw new Failure(wanted.length === 1 ? `There is no fuzzer ${wanted[0]}.` : 'Name one fuzzer.', { remedy: `The fuzzers: ${all.join(', ') || 'none yet'}.` });
}
