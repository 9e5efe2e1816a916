/**
 * What a connection takes in the server's memory: one with ten subscriptions of shapes that others hold too, beside one of raw SignalR that is in no group and hears
 * what is sent to all (tests/benchmarks/server/Hubs.cs and FanOut.cs). Every run has a server of its own, since pools keep what other connections had; some
 * connections come first, so that what all share is there. Each gets ten changes before memory is read, and both sides must have delivered the same.
 */
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { startBenchClient } from './lib/bench-client.mjs';
import { startBenchPostgres, startBenchServer } from './lib/bench-server.mjs';
import { alternate, median, result } from './lib/statistics.mjs';

export const needs = ['packages', 'solution'];

const OTHERS = 50;
const CONNECTIONS = 2_000;
const CHANGES = 10;
const SIDES = {
  live: { crowd: 'live10', changes: '/fanout/live', rows: 100 },
  bare: { crowd: 'bare', changes: '/fanout/bare', rows: 0 },
};

const BUDGET_BYTES = 4 * 1024;

export async function run({ quick, progress, shutdown }) {
  const runs = quick ? 3 : 9;
  const postgres = await startBenchPostgres({ shutdown });
  const pairs = await alternate({
    runs,
    subject: () => measure(SIDES.live, { postgres, shutdown }),
    reference: () => measure(SIDES.bare, { postgres, shutdown }),
    onRun: (run) => progress.line(`memory: ${run > 0 ? `run ${run} of ${runs}` : 'warming up'}`),
  });
  for (const { subject, reference } of pairs) {
    if (subject.shown !== reference.shown || subject.read !== CHANGES || reference.read !== CHANGES) {
      throw new Error(`The sides did not deliver the same: ${JSON.stringify([subject, reference])}`);
    }
  }
  const middle = (side, name) => Math.round(median(pairs.map((pair) => pair[side][name])));
  return {
    results: [
      result('heap per connection', pairs.map(({ subject, reference }) => subject.heap - reference.heap), { budget: BUDGET_BYTES, unit: 'B', direction: 'max' }),
    ],
    medians: {
      live: { heap: middle('subject', 'heap'), rss: middle('subject', 'rss') },
      bare: { heap: middle('reference', 'heap'), rss: middle('reference', 'rss') },
    },
  };
}

/** Bytes for each connection, of the managed heap after collecting and of the process. */
async function measure(side, { postgres, shutdown }) {
  const own = new Shutdown();
  const forget = shutdown.add(() => own.run());
  try {
    const server = await startBenchServer({ postgres, shutdown: own });
    const ask = startBenchClient({ url: server.url, shutdown: own });
    await open('others', OTHERS, 1);
    const before = await server.post('/memory');
    const { shown, read } = await open('measured', CONNECTIONS, 1 + CHANGES);
    const after = await server.post('/memory');
    return { heap: (after.heap - before.heap) / CONNECTIONS, rss: (after.rss - before.rss) / CONNECTIONS, shown, read };

    /** Opens connections, and has all get some changes. */
    async function open(crowd, connections, from) {
      const { rows } = await ask({ do: 'open', crowd, side: side.crowd, connections });
      if (rows !== connections * side.rows) throw new Error(`${connections} connections got ${rows} rows, not ${side.rows} each.`);
      await ask({ do: 'expect', crowd, rows: CHANGES });
      await server.post(`${side.changes}?changes=${CHANGES}&from=${from}`);
      const got = await ask({ do: 'wait', crowd });
      return { shown: got.rows, read: got.read };
    }
  } finally {
    await own.run();
    forget();
  }
}
