/**
 * Many connections that watch the same rows, and a burst of changes, each of a transaction of its own: rows delivered a second, and what they cost the server.
 * The reference is raw SignalR in the same program: one `Clients.Group(…).SendAsync` a change, awaited, with the key and the columns that changed
 * (tests/benchmarks/server/FanOut.cs). No database takes part: both sides begin where a change is committed and its values are known. The connections are held by
 * a process of their own (tests/benchmarks/client), which counts rows and parses only what one of them gets: both sides must have delivered the same.
 */
import { startBenchClient } from './lib/bench-client.mjs';
import { startBenchServer } from './lib/bench-server.mjs';
import { alternate, median, ratioResult } from './lib/statistics.mjs';

export const needs = ['packages', 'solution'];

/** All changes of a run may wait for one connection: else a row's last state would do for several. */
const MAX_QUEUED_ROWS = 100_000;

/** `changes` of one run: fewer than may wait for one connection. `warmUps`: until .NET has compiled for good what both sides run. */
const CASES = [
  { connections: 100, changes: 4_000, warmUps: 12, budget: 1.3 },
  { connections: 1_000, changes: 1_000, warmUps: 3, budget: 8 },
];

const CPU_BUDGET = 0.5;

/** Of .NET's clock. */
const TICKS_PER_SECOND = 1e9;

export async function run({ quick, progress, shutdown }) {
  const runs = quick ? 3 : 11;
  const server = await startBenchServer({ shutdown, settings: { LiveHub__MaxQueuedRows: String(MAX_QUEUED_ROWS) } });
  const ask = startBenchClient({ url: server.url, shutdown });
  const results = [];
  const medians = {};
  for (const { connections, changes, warmUps, budget } of CASES) {
    progress.line(`fanout: opening ${connections} connections to each side`);
    for (const side of ['live', 'plain']) await ask({ do: 'open', crowd: side, side, connections });
    const pairs = await alternate({
      runs,
      warmUps,
      subject: () => measure('live'),
      reference: () => measure('plain'),
      onRun: (run) => progress.line(`fanout: ${connections} connections, ${run > 0 ? `run ${run} of ${runs}` : `warming up, ${1 - run} more`}`),
    });
    for (const side of ['live', 'plain']) await ask({ do: 'close', crowd: side });
    checkEqual(pairs, changes);
    results.push(
      ratioResult(`rows/s ratio @${connections}`, pick(pairs, 'rowsPerSecond'), { budget, direction: 'min' }),
      ratioResult(`server CPU per row @${connections}`, pick(pairs, 'serverCpuUs'), { budget: CPU_BUDGET, direction: 'max' }),
    );
    medians[connections] = { live: middle(pairs, 'subject'), plain: middle(pairs, 'reference') };

    /** One burst: from the first change until the last connection has the last row. */
    async function measure(side) {
      const before = await ask({ do: 'expect', crowd: side, rows: changes });
      const { start, cpuMs } = await request(`${server.url}/fanout/${side}?changes=${changes}`, { method: 'POST' });
      const { end, bytes, read, rows } = await ask({ do: 'wait', crowd: side });
      const after = await ask({ do: 'cpu', crowd: side });
      const seconds = (end - start) / TICKS_PER_SECOND;
      const delivered = connections * changes;
      const serverMs = (await request(`${server.url}/process`)).cpuMs - cpuMs;
      return {
        rowsPerSecond: delivered / seconds,
        serverCpuUs: (serverMs * 1000) / delivered,
        clientCpuUs: ((after.cpuMs - before.cpuMs) * 1000) / delivered,
        serverCores: serverMs / 1000 / seconds,
        clientCores: (after.cpuMs - before.cpuMs) / 1000 / seconds,
        bytesPerRow: bytes / delivered,
        read,
        rows,
      };
    }
  }
  return { results, medians };
}

async function request(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`The bench server answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** A side that delivers less is not quicker. */
function checkEqual(pairs, changes) {
  for (const { subject, reference } of pairs) {
    if (subject.rows !== reference.rows || subject.read !== changes || reference.read !== changes) {
      throw new Error(`The sides did not deliver the same: ${JSON.stringify([subject, reference])}`);
    }
  }
}

function pick(pairs, name) {
  return pairs.map(({ subject, reference }) => ({ subject: subject[name], reference: reference[name] }));
}

function middle(pairs, side) {
  const names = ['rowsPerSecond', 'serverCpuUs', 'clientCpuUs', 'serverCores', 'clientCores', 'bytesPerRow'];
  return Object.fromEntries(names.map((name) => [name, Number(median(pairs.map((pair) => pair[side][name])).toPrecision(4))]));
}
