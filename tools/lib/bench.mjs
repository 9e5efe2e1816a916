import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseOptions } from './args.mjs';
import { Failure, explain } from './failure.mjs';
import { inRoot } from './paths.mjs';
import { setUp, setUpSteps } from './setup.mjs';
import { Shutdown } from './shutdown.mjs';
import { requireUnix, runTool } from './tool.mjs';

const usage = `Measures LiveHub beside a reference. Progress goes to stderr, one line of JSON a bench to stdout.

  npm run bench [-- NAME] [-- --quick]

  NAME      one bench; every bench unless told
  --quick   fewer runs`;

/** No bench takes longer; in milliseconds. */
const LIMIT_MS = 5 * 60_000;

/**
 * @typedef {{ bench: string, ok: boolean, results: object[] }} BenchResult
 * @typedef {{ run: (tool: { quick: boolean, progress: import('./progress.mjs').Progress, shutdown: import('./shutdown.mjs').Shutdown }) =>
 *   Promise<{ results: object[], medians?: object }>, needs?: string[] }} BenchModule a file of tests/benchmarks; `needs` are steps of setup.mjs, all of
 *   them unless told; what is registered at `shutdown` is undone when the bench ends
 */

/** The command `npm run bench`. */
export async function main(argv) {
  await runTool((tool) => bench(argv, tool));
}

/**
 * @param {string[]} argv
 * @param {{ progress: import('./progress.mjs').Progress, shutdown: import('./shutdown.mjs').Shutdown }} tool
 * @param {{ folder?: string, print?: (line: string) => void }} [surroundings] where the benches are and where results go
 */
export async function bench(argv, tool, { folder = inRoot('tests', 'benchmarks'), print = console.log } = {}) {
  const { values, positionals } = parseOptions({ usage, options: { quick: { type: 'boolean' } }, positionals: true }, argv);
  if (values.help) {
    print(usage);
    return 0;
  }
  requireUnix();
  const names = chooseBenches(folder, positionals);
  await setUp(['packages'], tool);

  const done = [];
  let measured = true;
  for (const name of names) {
    try {
      const result = await runBench(name, folder, values.quick ?? false, tool);
      print(JSON.stringify(result));
      done.push({ bench: name, ok: result.ok });
    } catch (error) {
      measured = false;
      tool.progress.line(explain(error));
      print(JSON.stringify({ bench: name, ok: false, error: error.message }));
      done.push({ bench: name, ok: false });
    }
    if (tool.shutdown.begun) return 1;
  }
  if (positionals.length === 0) print(JSON.stringify({ bench: 'all', ok: done.every(({ ok }) => ok), benches: done }));
  return measured ? 0 : 1;
}

function chooseBenches(folder, wanted) {
  const all = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.mjs')).map((file) => path.basename(file, '.mjs')).sort() : [];
  const listed = `The benches: ${all.join(', ') || 'none yet'}.`;
  if (wanted.length > 1) throw new Failure('Name one bench, or none for all.', { remedy: listed });
  if (wanted.length === 1 && !all.includes(wanted[0])) throw new Failure(`There is no bench ${wanted[0]}.`, { remedy: listed });
  return wanted.length === 1 ? wanted : all;
}

async function runBench(name, folder, quick, { progress, shutdown }) {
  const module = await import(pathToFileURL(path.join(folder, `${name}.mjs`)));
  await setUp(module.needs ?? setUpSteps, { progress, shutdown });
  const own = new Shutdown();
  const forget = shutdown.add(() => own.run());
  const limit = deadline(name);
  try {
    const { results, medians } = await Promise.race([module.run({ quick, progress, shutdown: own }), limit.passed]);
    if (medians) progress.line(`${name}: medians ${JSON.stringify(medians)}`);
    if (results.length === 0) throw new Failure(`The bench ${name} measured nothing.`);
    return { bench: name, ok: results.every(({ ok }) => ok), results };
  } finally {
    limit.clear();
    await own.run();
    forget();
  }
}

function deadline(name) {
  let timer;
  const passed = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failure(`The bench ${name} did not end within ${LIMIT_MS / 60_000} minutes.`)), LIMIT_MS);
  });
  return { passed, clear: () => clearTimeout(timer) };
}
