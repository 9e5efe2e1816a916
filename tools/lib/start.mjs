import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { parseCount, parseOptions, parsePort } from './args.mjs';
import { howItEnded, launchBoard, readLog, urlOf, waitUntilHealthy } from './board-process.mjs';
import { formatConnectionString, parseConnectionString } from './connection-string.mjs';
import { Failure } from './failure.mjs';
import { takeLock } from './lock.mjs';
import { dataFolder } from './paths.mjs';
import { freePort, freePorts, isPortFree, whyUnreachable } from './ports.mjs';
import { startCluster } from './postgres/cluster.mjs';
import { ended, identityOf, stopChild, stopStranger } from './processes.mjs';
import { startProxy } from './proxy.mjs';
import { findRedis, forgetRedis, startRedis } from './redis.mjs';
import { boardWeb, setUp } from './setup.mjs';
import { requireUnix, runTool } from './tool.mjs';

const usage = `Sets up and runs the sample: its server, its web page and a PostgreSQL of its own.

  npm start -- [--port N] [--nodes N] [--data DIR] [--database "Host=…"]

  --port N       port on 127.0.0.1; 5080 unless told, 0 for any free one
  --nodes N      so many servers, 1 to 8, behind a reverse proxy on that port, and a Redis in which they share their log; 1 unless told: no proxy, no Redis
  --data DIR     where the embedded PostgreSQL and Redis keep their data, and the logs; .data unless told
  --database S   use this PostgreSQL instead (an Npgsql connection string)

Stop it with Ctrl+C. The data stays for the next time.`;

const options = { port: { type: 'string' }, nodes: { type: 'string' }, data: { type: 'string' }, database: { type: 'string' } };
const DEFAULT_PORT = '5080';
const MAX_NODES = 8;
/** The server gets this long to end in order, then PostgreSQL its own time; all within 10 s. */
const BOARD_STOP_STEPS = [['SIGTERM', 3500]];

/** The command `npm start`. */
export async function main(argv) {
  await runTool((tool) => start(argv, tool), { codeWhenStopped: 0 });
}

async function start(argv, tool) {
  const { progress, shutdown } = tool;
  const { values } = parseOptions({ usage, options }, argv);
  if (values.help) {
    console.log(usage);
    return 0;
  }
  requireUnix();
  const wantedPort = parsePort(values.port ?? DEFAULT_PORT);
  const nodeCount = parseCount('nodes', values.nodes ?? '1', MAX_NODES);
  if (nodeCount > 1) findRedis();
  const external = values.database === undefined ? undefined : parseConnectionString(values.database);
  const folder = path.resolve(values.data ?? dataFolder);

  const lock = await lockFolder(folder, shutdown);
  if (wantedPort !== 0) await requirePort(wantedPort);
  if (external) await requireDatabase(external);
  const port = wantedPort || (await freePort());
  await setUp(['board', 'web'], tool);

  const children = {};
  const noteChildren = () => lock.note({ url: urlOf(port), children: Object.values(children).map(({ pid }) => identityOf(pid)) });

  let connectionString = values.database;
  if (!external) {
    const cluster = await progress.step('Starting PostgreSQL', () => startCluster(folder, { durable: true, shutdown }));
    children.PostgreSQL = cluster.child;
    noteChildren();
    connectionString = formatConnectionString({ ...cluster.server, database: 'board' });
  }

  const logs = { PostgreSQL: path.join(folder, 'postgres.log') };
  const settings = {};
  if (nodeCount > 1) {
    const redis = await progress.step('Starting Redis', () => startRedis(folder, { durable: true, shutdown }));
    children.Redis = redis.child;
    logs.Redis = path.join(folder, 'redis.log');
    settings['ConnectionStrings:Redis'] = redis.configuration;
    noteChildren();
  } else {
    forgetRedis(folder);
  }
  const services = Object.keys(children);

  let proxy;
  const ports = nodeCount > 1 ? (await freePorts(nodeCount + 1)).filter((free) => free !== port).slice(0, nodeCount) : [port];
  const nodes = ports.map((nodePort, i) => ({
    name: nodeCount > 1 ? `Node ${i + 1}` : 'The sample server', port: nodePort, connectionString, settings,
    web: boardWeb, logFile: path.join(folder, i === 0 ? 'board.log' : `board-${i + 1}.log`),
  }));
  // The nodes first: they tell their clients to come back. All at once: together they have the time of one.
  shutdown.add(() => proxy?.close());
  shutdown.add(() => Promise.all(nodes.map(({ child }) => child && stopChild(child, { steps: BOARD_STOP_STEPS }))));
  const startNode = async (node) => {
    if (shutdown.begun) throw new Failure('Stopped before the end.');
    rotate(node.logFile);
    node.child = launchBoard(node);
    children[node.name] = node.child;
    logs[node.name] = node.logFile;
    noteChildren();
    await waitUntilHealthy(node.child, node);
  };
  const [first, ...others] = nodes;
  await progress.step(nodeCount > 1 ? `Starting ${nodeCount} nodes` : 'Starting the sample server', async () => {
    await startNode(first); // makes the tables, which two at once would not
    await Promise.all(others.map(startNode));
    if (nodeCount > 1) proxy = await startProxy({ port, nodes: ports });
  });

  console.log(`Ready: ${urlOf(port)}`);
  if (nodeCount > 1) for (const node of nodes) progress.line(`${node.name}: ${urlOf(node.port)}, process ${node.child.pid}`);
  progress.line(`Ctrl+C stops it. Data and logs: ${folder}`);
  await untilOneFails({ children, logs, services, nodes: nodes.map(({ name }) => name) }, tool);
}

/** Fails when a service has ended, or the last node. Until then what becomes of nodes is told. */
async function untilOneFails({ children, logs, services, nodes }, { progress, shutdown }) {
  const end = async (name) => {
    await ended(children[name]);
    return `${name} has ended by itself (${howItEnded(children[name])})`;
  };
  const fail = (name, how) => {
    throw new Failure(`${how}; stopping the rest.`, { output: readLog(logs[name]), remedy: `Its whole log is ${logs[name]}.` });
  };
  let alive = nodes.length;
  await Promise.race([
    ...services.map(async (name) => fail(name, await end(name))),
    ...nodes.map(async (name) => {
      const how = await end(name);
      if (--alive === 0) fail(name, how);
      if (!shutdown.begun) progress.line(`${how}; ${alive === 1 ? 'one node goes' : `${alive} nodes go`} on.`);
      await new Promise(() => {});
    }),
  ]);
}

/** One `npm start` a data folder. What a killed one left running is ended. */
async function lockFolder(folder, shutdown) {
  let lock;
  try {
    lock = takeLock(path.join(folder, 'start.lock'));
  } catch (error) {
    throw new Failure(`The data folder ${folder} cannot be used: ${error.message}`, { remedy: 'Name another one with --data DIR.' });
  }
  if (lock.held) {
    const { pid, url } = lock.holder;
    throw new Failure(`LiveHub runs already on ${folder}: process ${pid}${url ? `, ${url}` : ', still starting'}.`, {
      remedy: `Use that one, or stop it (kill ${pid}), or start another one beside it:  npm start -- --port 0 --data DIR`,
    });
  }
  shutdown.add(lock.release);
  await Promise.all((lock.previous?.children ?? []).map((child) => stopStranger(child, [['SIGTERM', 4000]])));
  return lock;
}

async function requirePort(port) {
  if (await isPortFree(port)) return;
  throw new Failure(`Port ${port} of 127.0.0.1 cannot be used: another program listens on it, or it is reserved.`, {
    remedy: `Stop that program, or take another port:  npm start -- --port ${port === 5080 ? 5081 : 5080}  (0: any free one)`,
  });
}

async function requireDatabase({ host, port }) {
  if (host.includes(',')) return; // several servers: Npgsql finds out which of them answers
  const reason = await whyUnreachable(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  if (!reason) return;
  throw new Failure(`No PostgreSQL answers at ${host}, port ${port} (${reason}).`, {
    remedy: 'Check Host and Port in --database and whether that server runs, or leave --database out to use the embedded one.',
  });
}

/** The former log stays, beside the new one. */
function rotate(logFile) {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
}
