import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { freePort } from './ports.mjs';
import { findProgram, spawnTied, stopChild, until } from './processes.mjs';

/** Reading its file again is part of a start. */
const START_LIMIT_MS = 30_000;
/** Another program may take the port between choosing and using it. */
const START_TRIES = 5;
const STOP_STEPS = [['SIGTERM', 3000]];

/** The path of redis-server: what LIVEHUB_TEST_REDIS_SERVER names, else the one on PATH. None is a Failure that says how to install it. */
export function findRedis() {
  const found = findProgram(process.env.LIVEHUB_TEST_REDIS_SERVER ?? 'redis-server');
  if (found) return found;
  const command = existsSync('/etc/debian_version') ? 'sudo apt-get install --no-install-recommends redis-server  (it starts one on the usual port, which is not needed here)' : 'brew install redis';
  throw new Failure('There is no redis-server, in which several nodes share their log.', { remedy: `Install it:  ${command}  , or name its program in LIVEHUB_TEST_REDIS_SERVER.` });
}

/**
 * Starts a redis-server on a free port of 127.0.0.1 with a password, new each time; its files are in `folder`/redis.
 * @param {string} folder
 * @param {{ durable: boolean, password?: string, deathSignal?: NodeJS.Signals, shutdown: import('./shutdown.mjs').Shutdown }} options `durable` keeps what it was told for the next start;
 *   `password`: the one of an earlier start; `deathSignal`: what it gets when this process dies; `shutdown` stops it
 * @returns {Promise<{ configuration: string, port: number, password: string, child: import('node:child_process').ChildProcess, stop: () => Promise<void>, log: () => string }>} `configuration` is for StackExchange.Redis
 */
export async function startRedis(folder, { durable, password = randomBytes(24).toString('base64url'), deathSignal, shutdown }) {
  const program = findRedis();
  const data = path.join(folder, 'redis');
  const logFile = path.join(folder, 'redis.log');
  const log = () => readFileSync(logFile, 'utf8');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    // In a file, since everybody sees the arguments of a process.
    const settings = ['bind 127.0.0.1', `port ${port}`, `requirepass ${password}`, 'save ""', `appendonly ${durable ? 'yes' : 'no'}`];
    writeFileSync(path.join(data, 'redis.conf'), `${settings.join('\n')}\n`, { mode: 0o600 });
    const child = launch(program, data, logFile, deathSignal);
    const forget = shutdown.add(() => stopChild(child, { steps: STOP_STEPS }));
    const stop = async () => {
      await stopChild(child, { steps: STOP_STEPS });
      forget();
    };
    const gone = () => child.exitCode !== null || child.signalCode !== null;
    const ready = await until(() => gone() || /ready to accept connections/i.test(log()), START_LIMIT_MS);
    if (ready && !gone()) return { configuration: `127.0.0.1:${port},password=${password}`, port, password, child, stop, log };
    await stop();
    if (attempt === START_TRIES || !/bind|Address already in use/.test(log())) {
      throw new Failure(`Redis does not start on ${data}.`, { output: log(), remedy: `Its whole log is ${logFile}.` });
    }
  }
}

/** What was saved without Redis is not in its log: whoever goes on with that log would never learn of it. */
export function forgetRedis(folder) {
  rmSync(path.join(folder, 'redis'), { recursive: true, force: true });
}

function launch(program, data, logFile, deathSignal) {
  const log = openSync(logFile, 'w', 0o600);
  try {
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
    return spawnTied(program, ['redis.conf'], { cwd: data, env, stdio: ['ignore', log, log], deathSignal });
  } finally {
    closeSync(log);
  }
}
