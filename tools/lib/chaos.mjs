import { parseOptions } from './args.mjs';
import { Failure } from './failure.mjs';
import { inRoot } from './paths.mjs';
import { COULD_NOT_RUN, readSeeded, runSeeded, seededOptions, seededUsage } from './seeded.mjs';
import { setUp } from './setup.mjs';
import { requireUnix, runTool } from './tool.mjs';

const usage = `Writers, readers and faults at once: shows that the promises of docs/guarantees.md hold meanwhile.

  npm run chaos -- [options]

${seededUsage}
  --break RULE  with that rule off, which has to be found: version, snapshot, tombstone, transaction`;

/** The command `npm run chaos`. */
export async function main(argv) {
  await runTool((tool) => chaos(argv, tool), { codeWhenStopped: COULD_NOT_RUN, codeWhenFailed: COULD_NOT_RUN });
}

/**
 * @param {string[]} argv
 * @param {{ progress: import('./progress.mjs').Progress, shutdown: import('./shutdown.mjs').Shutdown }} tool
 * @param {(line: string) => void} [print] where results go
 */
export async function chaos(argv, tool, print = console.log) {
  const { values } = parseOptions({ usage, options: { ...seededOptions, break: { type: 'string' } } }, argv);
  if (values.help) {
    print(usage);
    return 0;
  }
  requireUnix();
  const limits = readSeeded(values);
  const { needs, rules, run } = await import(`file://${inRoot('tests', 'Chaos', 'chaos.mjs')}`);
  const rule = values.break;
  if (rule !== undefined && !rules.includes(rule)) throw new Failure(`--break ${rule}: no such rule.`, { remedy: `The rules: ${rules.join(', ')}.` });
  return runSeeded(limits, tool, { prepare: () => setUp(needs, tool), run: (its) => run(its, { rule }) }, print);
}
