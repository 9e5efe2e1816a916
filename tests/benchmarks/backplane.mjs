/**
 * Several nodes that share their log in Redis. What bringing a changeset into it costs, one at a time, beside a bare script that appends and publishes the same bytes to two nodes that listen; how many rows two nodes
 * deliver together beside one without Redis, the same connections in all, for a burst of changes saved at one of them; and what goes to and from Redis for a change with 1,000 clients beside
 * one. No database takes part: changes are published as capture does it (tests/benchmarks/server/{Nodes,FanOut}.cs).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { startRedis } from '../../tools/lib/redis.mjs';
import { startBenchClient } from './lib/bench-client.mjs';
import { startBenchPostgres, startBenchServer } from './lib/bench-server.mjs';
import { alternate, median, ratioResult } from './lib/statistics.mjs';

export const needs = ['packages', 'solution'];

const PUBLISHED = 4_000;
const PUBLISH_BUDGET = 1.3;

/** In all. */
const CONNECTIONS = 200;
const BURST = 2_000;
const NODES_BUDGET = 0.8;

const CLIENTS = [1_000, 1];
const COUNTED = 2_000;
/** Nodes look once a second whether the log is there: whoever takes longer looks more often. */
const TRAFFIC_BUDGET = 1.1;

/** All changes of a burst may wait for one connection: else a row's last state would do for several. */
const settings = { LiveHub__MaxQueuedRows: '100000' };

/** Of .NET's clock. */
const TICKS_PER_SECOND = 1e9;

export async function run({ quick, progress, shutdown }) {
  const runs = quick ? 3 : 9;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'livehub-bench-'));
  shutdown.add(() => rmSync(folder, { recursive: true, force: true }));
  const redis = await startRedis(folder, { durable: false, shutdown });
  const postgres = await startBenchPostgres({ shutdown });
  const start = (more) => startBenchServer({ shutdown, postgres, settings: { ...settings, ...more } });
  const alone = await start({});
  const shared = { ConnectionStrings__Redis: redis.configuration };
  const nodes = [await start(shared), await start(shared)];

  for (const node of nodes) await node.post('/nodes/listen');
  const publish = await alternate({
    runs,
    warmUps: 6,
    subject: async () => (await nodes[0].post(`/nodes/live?changes=${PUBLISHED}`)).milliseconds,
    reference: async () => (await nodes[0].post(`/nodes/bare?changes=${PUBLISHED}`)).milliseconds,
    onRun: (run) => progress.line(`backplane: publish, ${run > 0 ? `run ${run} of ${runs}` : `warming up, ${1 - run} more`}`),
  });

  const crowds = { one: [crowd(alone), crowd(alone)], two: nodes.map(crowd) };
  for (const side of Object.values(crowds)) for (const { ask, name } of side) await ask({ do: 'open', crowd: name, side: 'live', connections: CONNECTIONS / 2 });
  const together = await alternate({
    runs,
    warmUps: 6,
    subject: () => burst(crowds.two, nodes[0]),
    reference: () => burst(crowds.one, alone),
    onRun: (run) => progress.line(`backplane: one node and two, ${run > 0 ? `run ${run} of ${runs}` : `warming up, ${1 - run} more`}`),
  });
  for (const side of Object.values(crowds)) for (const { ask, name } of side) await ask({ do: 'close', crowd: name });

  const traffic = [];
  for (let run = 1; run <= Math.ceil(runs / 3); run++) {
    const bytes = [];
    for (const connections of CLIENTS) {
      progress.line(`backplane: traffic, ${connections} clients, run ${run}`);
      const { ask, name } = crowds.two[1];
      await ask({ do: 'open', crowd: name, side: 'live', connections });
      const before = await traffics(redis.configuration);
      await ask({ do: 'expect', crowd: name, rows: COUNTED });
      await nodes[0].post(`/fanout/live?changes=${COUNTED}`);
      await ask({ do: 'wait', crowd: name });
      bytes.push(((await traffics(redis.configuration)) - before) / COUNTED);
      await ask({ do: 'close', crowd: name });
    }
    traffic.push({ subject: bytes[0], reference: bytes[1] });
  }

  return {
    results: [
      ratioResult('publish ratio', publish, { budget: PUBLISH_BUDGET, direction: 'max' }),
      ratioResult('two nodes, rows/s in total', together, { budget: NODES_BUDGET, direction: 'min' }),
      ratioResult('Redis bytes a change, 1,000 clients', traffic, { budget: TRAFFIC_BUDGET, direction: 'max' }),
    ],
    medians: {
      publishUs: middle(publish, 'subject', 1000 / PUBLISHED), bareUs: middle(publish, 'reference', 1000 / PUBLISHED),
      twoNodesRowsPerSecond: middle(together, 'subject', 1), oneNodeRowsPerSecond: middle(together, 'reference', 1),
      redisBytesAChange: middle(traffic, 'reference', 1),
    },
  };

  function crowd(server) {
    return { name: 'crowd', ask: startBenchClient({ url: server.url, shutdown }) };
  }

  /** From the first change until the last connection of all has the last row. */
  async function burst(side, writer) {
    await Promise.all(side.map(({ ask, name }) => ask({ do: 'expect', crowd: name, rows: BURST })));
    const { start } = await writer.post(`/fanout/live?changes=${BURST}`);
    const ends = await Promise.all(side.map(({ ask, name }) => ask({ do: 'wait', crowd: name })));
    for (const { read } of ends) if (read !== BURST) throw new Error(`${read} of ${BURST} rows were delivered.`);
    return (CONNECTIONS * BURST * TICKS_PER_SECOND) / (Math.max(...ends.map(({ end }) => end)) - start);
  }
}

const middle = (pairs, side, factor) => Number((median(pairs.map((pair) => pair[side])) * factor).toPrecision(4));

/** Bytes that Redis has got and sent so far. */
async function traffics(configuration) {
  const [, port, password] = /^127\.0\.0\.1:(\d+),password=(.+)$/.exec(configuration);
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.write(`AUTH ${password}\r\nINFO stats\r\nQUIT\r\n`);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  const read = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(text)[1]);
  return read('total_net_input_bytes') + read('total_net_output_bytes');
}
