import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../failure.mjs';
import { ended, spawnTied, stopChild, until } from '../processes.mjs';
import { freePort } from '../ports.mjs';
import { accountFor } from './account.mjs';
import { PACKAGED, findBinaries } from './binaries.mjs';
import { stopLeftovers } from './leftovers.mjs';

const USER = 'postgres';
const PASSWORD_FILE = 'livehub-password';
/** Recovery after a crash is part of a start. */
const START_LIMIT_MS = 60_000;
/** Another program may take the port between choosing and using it. */
const START_TRIES = 5;
/** Fast shutdown, then immediate (recovers at the next start); milliseconds. */
const STOP_STEPS = [['SIGINT', 4000], ['SIGQUIT', 2000]];
const FIXED_SETTINGS = [
  'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'wal_level=logical', 'max_connections=300',
  'max_wal_senders=20', 'max_replication_slots=20', 'log_timezone=UTC', 'timezone=UTC', 'lc_messages=C',
];
/** The database's own C.UTF-8, the same on every machine, came with version 17. */
const LOCALE = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const OLD_LOCALE = ['--locale=C'];
const CARELESS_SETTINGS = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];

/**
 * @typedef {{ server: { host: string, port: number, user: string, password: string }, child: import('node:child_process').ChildProcess,
 *   stop: () => Promise<void>, log: () => string }} Cluster a running PostgreSQL; `child` is its postmaster
 */

/**
 * Starts a PostgreSQL on 127.0.0.1 whose data is in `folder`/postgres, made on the first call: password authentication,
 * a free port, wal_level=logical. What a killed run left on the same data is ended first, so hold the folder's lock.
 * @param {string} folder
 * @param {{ version?: string, durable: boolean, shutdown: import('../shutdown.mjs').Shutdown }} options the major version, the packaged one unless
 *   told; without `durable`, fsync is off: faster, and a
 *   crash of the machine loses the data; `shutdown` stops it, also when that begins before this has resolved
 * @returns {Promise<Cluster>}
 */
export async function startCluster(folder, { version = PACKAGED, durable, shutdown }) {
  mkdirSync(folder, { recursive: true });
  const cluster = path.join(folder, 'postgres');
  const binaries = findBinaries(version);
  checkOwner(cluster);
  await stopLeftovers(cluster);
  const account = accountFor({ cluster, parent: folder, postgres: binaries.postgres });
  const logFile = path.join(folder, 'postgres.log');
  if (!existsSync(cluster)) await createCluster(cluster, { initdb: binaries.initdb, version, account, logFile, durable, shutdown });
  checkVersion(cluster, version);
  const server = { host: '127.0.0.1', port: 0, user: USER, password: readPassword(cluster) };
  const settings = [...FIXED_SETTINGS, ...(durable ? [] : CARELESS_SETTINGS)].flatMap((setting) => ['-c', setting]);

  for (let attempt = 1; ; attempt++) {
    server.port = await freePort();
    const child = launch(binaries.postgres, ['-D', cluster, '-p', String(server.port), ...settings], account, logFile);
    const forget = shutdown.add(() => stopChild(child, { steps: STOP_STEPS }));
    const stop = async () => {
      await stopChild(child, { steps: STOP_STEPS });
      forget();
    };
    const log = () => readFileSync(logFile, 'utf8');
    if (await isReady(child, cluster)) return { server, child, stop, log };
    await stop();
    if (attempt === START_TRIES || !/could not bind|Address already in use/.test(log())) {
      throw new Failure(`PostgreSQL does not start on ${cluster}.`, { output: log(), remedy: `Its whole log is ${logFile}.` });
    }
  }
}

/** Makes the cluster beside its place and moves it there when it is complete. */
async function createCluster(cluster, { initdb, version, account, logFile, durable, shutdown }) {
  const draft = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  await stopLeftovers(draft);
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (account) for (const file of [draft, passwordFile]) chownSync(file, account.uid, account.gid);
    const args = [
      `--pgdata=${draft}`, `--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8',
      ...(Number(version) < 17 ? OLD_LOCALE : LOCALE), '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ];
    const child = launch(initdb, args, account, logFile);
    const forget = shutdown.add(() => stopChild(child));
    await ended(child);
    forget();
    if (child.exitCode !== 0) throw new Failure(`PostgreSQL's initdb failed in ${draft}.`, { output: readFileSync(logFile, 'utf8') });
    renameSync(passwordFile, path.join(draft, PASSWORD_FILE));
    renameSync(draft, cluster);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function checkOwner(cluster) {
  const own = process.getuid();
  if (own === 0 || !existsSync(cluster) || statSync(cluster).uid === own) return;
  throw new Failure(`The data in ${cluster} belongs to another account.`, {
    remedy: 'It was made when this ran as that account or as root. Run it so again, or name another folder with --data DIR.',
  });
}

function checkVersion(cluster, version) {
  const file = path.join(cluster, 'PG_VERSION');
  const found = existsSync(file) ? readFileSync(file, 'utf8').trim() : 'unknown';
  if (found === version) return;
  throw new Failure(`The data in ${cluster} is not that of a PostgreSQL ${version} (its version: ${found}).`, {
    remedy: `Move ${cluster} away to begin with an empty database, or name another folder with --data DIR.`,
  });
}

function readPassword(cluster) {
  const file = path.join(cluster, PASSWORD_FILE);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new Failure(`${file}, the password of this database, is missing.`, {
    remedy: `Put it back, or move ${cluster} away to begin with an empty database.`,
  });
}

/** The log goes straight to a file: it is whole even when we are killed, and nobody has to read a pipe. */
function launch(program, args, account, logFile) {
  const log = openSync(logFile, 'w', 0o600);
  try {
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
    return spawnTied(program, args, { deathSignal: 'SIGINT', setprivArgs: account?.setprivArgs, cwd: '/', env, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

/** The server says in its pid file that it accepts connections, as pg_ctl reads it too. */
async function isReady(child, cluster) {
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const status = () => {
    const lines = readLines(path.join(cluster, 'postmaster.pid'));
    return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready';
  };
  return (await until(() => gone() || status(), START_LIMIT_MS)) && !gone();
}

function readLines(file) {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
