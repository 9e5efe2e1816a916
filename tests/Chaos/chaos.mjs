/**
 * Writers, readers and faults at once, on a server and a database of their own: docs/guarantees.md says what has to hold meanwhile. Whenever a listener is called, what a reader shows is
 * looked at; after each round all faults are mended, and every collection has to equal its query.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { until } from '../../tools/lib/processes.mjs';
import { startThrowaway } from '../../tools/lib/postgres/throwaway.mjs';
import { Cluster } from './lib/cluster.mjs';
import { Faults } from './lib/faults.mjs';
import { report } from './lib/report.mjs';
import { Writers } from './lib/writers.mjs';
import { Reader } from './reader/reader.mjs';
import { isLook, isWrite, READERS, ROUND, stepOf } from './schedule.mjs';

/** A rule that is off is found sooner when all is compared more often. */
const BROKEN_ROUND = 250;

/** How long all may take to come right once nothing fails any more. */
const REST_MS = 30_000;
const BROKEN_REST_MS = 5_000;
/** What a killed node may have taken along shows when it is missed, some seconds later. */
const BROKEN_NODES_REST_MS = 15_000;

const restLimit = (nodes, rule) => (!rule ? REST_MS : nodes === 1 ? BROKEN_REST_MS : BROKEN_NODES_REST_MS);

/** A database on a disk that may be slow: one run in three. */
export const isDurable = (seed) => seed % 3 === 0;

/**
 * @param {import('../../tools/lib/seeded.mjs').Run} run
 * @param {{ nodes?: number, rule?: string, round?: number }} [options] `nodes`: how many servers there are; `rule`: which one is turned off; `round`: after how many steps all is compared
 * @returns {Promise<import('../../tools/lib/seeded.mjs').Report>}
 */
export async function run({ seed, tally, mayTake, progress, shutdown }, { nodes = 1, rule, round = rule ? BROKEN_ROUND : ROUND } = {}) {
  const durable = isDurable(seed);
  const { server } = await startThrowaway({ durable, shutdown });
  const database = `chaos_${randomBytes(6).toString('hex')}`;
  const cluster = await Cluster.start({ server, database, nodes, seed, rule, shutdown });
  const query = new pg.Client({ ...server, database });
  await query.connect();
  shutdown.add(() => query.end());
  let n = 0;
  let rounds = 0;
  const check = (ok, tell) => tally.check(ok, () => ({ step: n, ...tell() }));
  const readers = await Promise.all(Array.from({ length: READERS }, (_, i) => Reader.of(cluster, i, check)));
  shutdown.add(() => Promise.all(readers.map((reader) => reader.close())));
  const writers = new Writers({ url: cluster.url, seed, nodes, shutdown });
  const faults = new Faults({ cluster, readers, writers, database: query });
  for (let isRight = true; isRight && mayTake(n);) {
    cluster.begin();
    for (const end = n + round; n < end && mayTake(n); n++) {
      const step = stepOf(seed, n, nodes);
      tally.steps++;
      if (isWrite(step)) await writers.take(n);
      else if (isLook(step)) readers[step.reader].take(step);
      else faults.begin(step);
    }
    await faults.mend();
    await writers.settle();
    isRight = await rest(cluster, readers, query, check, restLimit(nodes, rule));
    rounds++;
    progress.line(`${n} steps, ${tally.checks} checks, ${tally.violations} violations`);
  }
  return report({ faults, cluster, readers, writers, rounds, steps: n, durable });
}

/** When nobody writes and nothing fails, every collection becomes what its query gives. @returns {Promise<boolean>} whether it has */
async function rest(cluster, readers, database, check, limitMs) {
  await cluster.release();
  const isWhole = await until(() => cluster.isWhole(), limitMs);
  const seen = isWhole ? '' : await cluster.toText();
  if (!check(isWhole, () => ({ expected: 'all changesets in one log, and no node beside it that is gone', seen, because: 'at rest' }))) return false;
  for (const reader of readers) {
    let difference;
    await until(async () => (difference = await reader.differs(database)) === undefined, limitMs);
    if (!check(difference === undefined, () => ({ ...difference, because: 'at rest' }))) return false;
  }
  return true;
}
