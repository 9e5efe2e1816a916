import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { parseOptions, parsePort } from './args.mjs';
import { howItEnded, launchBoard, readLog, urlOf, waitUntilHealthy } from './board-process.mjs';
import { formatConnectionString, parseConnectionString } from './connection-string.mjs';
import { Failure } from './failure.mjs';
import { takeLock } from './lock.mjs';
import { dataFolder } from './paths.mjs';
import { freePort, isPortFree, whyUnreachable } from './ports.mjs';
import { startCluster } from './postgres/cluster.mjs';
import { ended, identityOf, stopChild, stopStranger } from './processes.mjs';
import { boardWeb, setUp } from './setup.mjs';
import { requireUnix, runTool } from './tool.mjs';

const usage = `Sets up and runs the sample: its server, its web page and a PostgreSQL of its own.

  npm start -- [--port N] [--data DIR] [--database "Host=…"]

  --port N       port on 127.0.0.1; 5080 unless told, 0 for any free one
  --data DIR     where the embedded PostgreSQL keeps its data, and the logs; .data unless told
  --database S   use this PostgreSQL instead (an Npgsql connection string)

Stop it with Ctrl+C. The data stays for the next time.`;

const options = { port: { type: 'string' }, data: { type: 'string' }, database: { type: 'string' } };
const DEFAULT_PORT = '5080';
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

  const logFile = path.join(folder, 'board.log');
  await progress.step('Starting the sample server', async () => {
    rotate(logFile);
    const child = launchBoard({ port, connectionString, web: boardWeb, logFile });
    shutdown.add(() => stopChild(child, { steps: BOARD_STOP_STEPS }));
    children['The sample server'] = child;
    noteChildren();
    await waitUntilHealthy(child, { port, logFile });
  });

  console.log(`Ready: ${urlOf(port)}`);
  progress.line(`Ctrl+C stops it. Data and logs: ${folder}`);
  const logs = { PostgreSQL: path.join(folder, 'postgres.log'), 'The sample server': logFile };
  await Promise.race(Object.entries(children).map(async ([name, child]) => {
    await ended(child);
    throw new Failure(`${name} has ended by itself (${howItEnded(child)}); stopping the rest.`, { output: readLog(logs[name]), remedy: `Its whole log is ${logs[name]}.` });
  }));
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
