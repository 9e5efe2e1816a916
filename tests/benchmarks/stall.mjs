/**
 * Connections that stop reading while changes go on, one at a time: how long these take to the others, and what the server holds for each that does not read. The
 * reference is the same run in which all read. No database takes part but for the first snapshot; changes are published as capture does it
 * (tests/benchmarks/server/FanOut.cs). In the end those that had stopped read on, and must show what the others do.
 */
import { startBenchClient } from './lib/bench-client.mjs';
import { startBenchServer } from './lib/bench-server.mjs';
import { alternate, median, ratioResult, result } from './lib/statistics.mjs';

export const needs = ['packages', 'solution'];

const CONNECTIONS = 1_000;
const STALLED = 10;

/** More than the log keeps: from then on it takes no more memory. */
const LOGGED = 120_000;

/** Fewer than may wait for one connection that reads. */
const BURST = 250;

/** Bursts before memory is read: with what the transports take, as much waits as may; and after all was measured: more than may. */
const BURSTS = { untilFull: 16, untilDropped: 14 };

/** Over loopback the kernel would take megabytes for each that does not read before the server notices; what the connections' process receives has such a limit too. */
const SEND_BUFFER_BYTES = 64 * 1024;

const LATENCY_BUDGET = 1.1;
const MEMORY_BUDGET_BYTES = 256 * 1024;

export async function run({ quick, progress, shutdown }) {
  const [runs, warmUps, changes] = quick ? [3, 1, 100] : [7, 1, 200];
  const server = await startBenchServer({ shutdown, settings: { Bench__SendBufferBytes: String(SEND_BUFFER_BYTES) } });
  const ask = startBenchClient({ url: server.url, shutdown });
  let next = 1;
  await server.post(`/fanout/live?changes=${LOGGED}&from=${number(LOGGED)}`);
  await server.post('/counts');
  const crowd = 'live';
  await ask({ do: 'open', crowd, side: 'slow', connections: CONNECTIONS, standing: 1 + STALLED, keepRows: 1 + STALLED });
  const pairs = await alternate({
    runs,
    warmUps,
    subject: () => measure(STALLED),
    reference: () => measure(0),
    onRun: (run) => progress.line(`stall: ${run > 0 ? `run ${run} of ${runs}` : `warming up, ${1 - run} more`}`),
  });
  const p99 = pairs.map(({ subject, reference }) => ({ subject: subject.p99, reference: reference.p99 }));
  const held = pairs.map(({ subject, reference }) => (subject.heap - reference.heap) / STALLED);
  return {
    results: [
      ratioResult('p99 ratio', p99, { budget: LATENCY_BUDGET, direction: 'max' }),
      result('heap per stalled connection', held, { budget: MEMORY_BUDGET_BYTES, unit: 'B', direction: 'max' }),
    ],
    medians: {
      stalledP99Ms: middle('subject', 'p99'), p99Ms: middle('reference', 'p99'), stalledP50Ms: middle('subject', 'p50'), p50Ms: middle('reference', 'p50'),
      heapAfterDropPerStalled: Math.round(median(pairs.map(({ subject, reference }) => (subject.heapAfterDrop - reference.heapAfterDrop) / STALLED))),
      catchUpMs: middle('subject', 'catchUpMs'),
    },
  };

  async function measure(stalled) {
    const before = await server.post('/counts');
    await ask({ do: 'stall', crowd, count: stalled });
    await burst(BURSTS.untilFull);
    const full = await server.post('/memory');
    const { overflows } = await server.post('/counts');
    if (overflows !== before.overflows) throw new Error('More waited than may before memory was read.');
    const { p50, p99, count } = await ask({ do: 'change', crowd, path: '/fanout/live', from: number(changes), changes });
    if (count !== changes * (CONNECTIONS - stalled)) throw new Error(`${count} rows were delivered.`);
    await burst(BURSTS.untilDropped);
    const dropped = await server.post('/memory');
    const after = await server.post('/counts');
    if (after.overflows - before.overflows !== stalled) throw new Error(`Of ${stalled} that stalled, ${after.overflows - before.overflows} had more waiting than may.`);
    const { milliseconds } = await ask({ do: 'readOn', crowd });
    const { connections } = await server.post('/counts');
    if (connections !== CONNECTIONS) throw new Error(`${CONNECTIONS - connections} connections have ended.`);
    return { p50, p99, heap: full.heap, heapAfterDrop: dropped.heap, catchUpMs: milliseconds };
  }

  /** Bursts that all who read have, one after the other. */
  async function burst(times) {
    for (let i = 0; i < times; i++) {
      await ask({ do: 'expect', crowd, rows: BURST });
      await server.post(`/fanout/live?changes=${BURST}&from=${number(BURST)}`);
      await ask({ do: 'wait', crowd });
    }
  }

  /** The number of the first of so many changes, each another. */
  function number(changesMade) {
    const first = next;
    next += changesMade;
    return first;
  }

  function middle(side, name) {
    return Number(median(pairs.map((pair) => pair[side][name])).toPrecision(4));
  }
}
