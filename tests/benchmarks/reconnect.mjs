/**
 * Every connection is cut, some rows change, and all come back at once: time until all are up to date, bytes that they get, and queries that it takes. The reference
 * is bare SignalR (tests/benchmarks/server/Hubs.cs), where a connection that comes back joins its group again and gets no rows at all; bytes are compared with the same
 * clients' that come back without position and fingerprint, and must end with the same rows. All are held by a process of their own (tests/benchmarks/client).
 */
import { until } from '../../tools/lib/processes.mjs';
import { startBenchClient } from './lib/bench-client.mjs';
import { startBenchServer } from './lib/bench-server.mjs';
import { alternate, median, ratioResult, result } from './lib/statistics.mjs';

export const needs = ['packages', 'solution'];

const CONNECTIONS = 2_000;
/** Each connection watches one of these; as in tests/benchmarks/client/Side.cs. */
const LISTS = 20;
const ROWS = 400;
const CHANGED = ROWS / 100;

const TIME_BUDGET = 1.5;
const BYTES_BUDGET = 0.05;

/** Until the server knows that all are gone; in milliseconds. */
const LIMIT_MS = 30_000;

export async function run({ quick, progress, shutdown }) {
  const [runs, warmUps] = quick ? [3, 2] : [11, 4];
  const server = await startBenchServer({ shutdown });
  const ask = startBenchClient({ url: server.url, shutdown });
  await server.post(`/lists/fill?lists=${LISTS}&rows=${ROWS}`);
  await server.post('/counts');
  await ask({ do: 'open', crowd: 'live', side: 'lists', connections: CONNECTIONS, standing: CONNECTIONS, keepRows: LISTS });
  await leave('live');
  await ask({ do: 'open', crowd: 'plain', side: 'groups', connections: CONNECTIONS });
  await leave('plain');
  let round = 0;
  const pairs = await alternate({
    runs,
    warmUps,
    subject: live,
    reference: plain,
    onRun: (run) => progress.line(`reconnect: ${run > 0 ? `run ${run} of ${runs}` : `warming up, ${1 - run} more`}`),
  });
  return {
    results: [
      ratioResult('time ratio', pairs.map(({ subject, reference }) => ({ subject: subject.milliseconds, reference: reference.milliseconds })), { budget: TIME_BUDGET, direction: 'max' }),
      ratioResult('bytes of new snapshots', pairs.map(({ subject }) => ({ subject: subject.bytes, reference: subject.newBytes })), { budget: BYTES_BUDGET, direction: 'max' }),
      result('queries', pairs.map(({ subject }) => subject.queries), { budget: 0, unit: 'queries', direction: 'max' }),
    ],
    medians: {
      liveMs: middle('subject', 'milliseconds'), newMs: middle('subject', 'newMilliseconds'), plainMs: middle('reference', 'milliseconds'),
      bytes: middle('subject', 'bytes') / CONNECTIONS, newBytes: middle('subject', 'newBytes') / CONNECTIONS, newQueries: middle('subject', 'newQueries'),
    },
  };

  async function live() {
    await server.post(`/lists/change?lists=${LISTS}&rows=${CHANGED}&round=${++round}`);
    const before = (await server.post('/counts')).queries;
    const resumed = await back('live', true, CHANGED);
    const between = (await server.post('/counts')).queries;
    const left = await leave('live');
    const renewed = await back('live', false, ROWS);
    const after = (await server.post('/counts')).queries;
    const { resumed: stillResumed, shown } = await leave('live');
    if (left.resumed !== CONNECTIONS || stillResumed !== 0) throw new Error(`${left.resumed} connections went on from what they had, and ${stillResumed} that had nothing.`);
    if (left.shown !== shown) throw new Error('Those that came back show other rows than those that begin anew.');
    if (after === between) throw new Error('Queries are not counted.');
    return {
      milliseconds: resumed.milliseconds, bytes: resumed.bytes, queries: between - before,
      newMilliseconds: renewed.milliseconds, newBytes: renewed.bytes, newQueries: after - between,
    };
  }

  async function plain() {
    const { milliseconds } = await back('plain', false, 0);
    await leave('plain');
    return { milliseconds };
  }

  /** All come back; each gets so many rows. */
  async function back(crowd, resumes, rows) {
    const got = await ask({ do: 'return', crowd, resumes });
    if (got.rows !== CONNECTIONS * rows) throw new Error(`${CONNECTIONS} connections got ${got.rows} rows, not ${rows} each.`);
    return got;
  }

  /** All connections are cut, and the server knows. */
  async function leave(crowd) {
    const left = await ask({ do: 'cut', crowd });
    if (!(await until(async () => (await server.post('/counts')).connections === 0, LIMIT_MS))) throw new Error('The server keeps connections that were cut.');
    return left;
  }

  function middle(side, name) {
    return Number(median(pairs.map((pair) => pair[side][name])).toPrecision(4));
  }
}
