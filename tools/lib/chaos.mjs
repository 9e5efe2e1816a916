import { parseCount, parseOptions } from './args.mjs';
import { Failure } from './failure.mjs';
import { nodeRules, rules } from '../../tests/Chaos/rules.mjs';
import { findRedis } from './redis.mjs';
import { COULD_NOT_RUN, readSeeded, runSeeded, seededOptions, seededUsage } from './seeded.mjs';
import { setUp } from './setup.mjs';
import { requireUnix, runTool } from './tool.mjs';

const usage = `Writers, readers and faults at once: shows that the promises of docs/guarantees.md hold meanwhile.

  npm run chaos -- [options]

${seededUsage}
  --nodes N     so many servers, 1 to 8, behind a proxy, which share their log in a Redis; 1 unless told: no proxy, no Redis
  --break RULE  with that rule off, which has to be found: version, snapshot, tombstone, transaction; with several nodes also hole, node`;

const MAX_NODES = 8;
const NEEDS = ['client', 'solution'];

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
  const { values } = parseOptions({ usage, options: { ...seededOptions, nodes: { type: 'string' }, break: { type: 'string' } } }, argv);
  if (values.help) {
    print(usage);
    return 0;
  }
  requireUnix();
  const limits = readSeeded(values);
  const nodes = parseCount('nodes', values.nodes ?? '1', MAX_NODES);
  if (nodes > 1) findRedis();
  const rule = values.break;
  if (nodeRules.includes(rule) && nodes === 1) throw new Failure(`--break ${rule}: one node does not need that rule.`, { remedy: 'Give --nodes 2 or more.' });
  if (rule !== undefined && ![...rules, ...nodeRules].includes(rule)) throw new Failure(`--break ${rule}: no such rule.`, { remedy: `The rules: ${[...rules, ...nodeRules].join(', ')}.` });
  // It imports what is installed and built first.
  const run = async (its) => (await import('../../tests/Chaos/chaos.mjs')).run(its, { nodes, rule });
  return runSeeded(limits, tool, { prepare: () => setUp(NEEDS, tool), run }, print);
}
