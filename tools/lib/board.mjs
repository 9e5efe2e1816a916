import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { howItEnded, launchBoard, readLog, urlOf, waitUntilHealthy } from './board-process.mjs';
import { formatConnectionString, parseConnectionString } from './connection-string.mjs';
import { ended, signalProcess, stopChild } from './processes.mjs';
import { freePort } from './ports.mjs';
import { startProxy } from './proxy.mjs';
import { startRedis } from './redis.mjs';
import { Shutdown } from './shutdown.mjs';
import { makeTempFolder, removeTempFolder } from './temp.mjs';

/** Another program may take the port between choosing and using it. */
const START_TRIES = 5;
const STOP_STEPS = [['SIGTERM', 6000]];

/**
 * Starts the sample server, built before by `npm test` or `npm start`, on a free port with a new seeded database: for tests and benches.
 * @param {{ postgres?: string, web?: string, settings?: Record<string, string>, nodes?: number }} [options] `postgres`: Npgsql connection string of a server
 *   where databases may be created, LIVEHUB_TEST_POSTGRES unless told; `web`: folder of the web's build (`boardWeb` of setup.mjs);
 *   `settings`: further configuration keys of the server; `nodes`: more than one are behind a proxy and share a redis-server of their own
 * @returns {Promise<Board>}
 */
export async function startBoard({ postgres = process.env.LIVEHUB_TEST_POSTGRES, web, settings = {}, nodes = 1 } = {}) {
  if (!postgres) throw new Error('LIVEHUB_TEST_POSTGRES is not set: run under npm test, or give { postgres }.');
  const board = new Board({ ...parseConnectionString(postgres), database: `board_${randomBytes(6).toString('hex')}` }, { web, settings, nodes });
  try {
    await board.start();
    return board;
  } catch (error) {
    await board.stop();
    throw error;
  }
}

/** A running sample with its own database: one server, or several nodes behind a proxy. */
class Board {
  #server;
  #settings;
  #folder = makeTempFolder();
  #shutdown = new Shutdown();
  #proxy;

  /** Its servers, one by one. */
  nodes;

  constructor(server, { web, settings, nodes }) {
    this.#server = server;
    this.#settings = { ...settings };
    const options = { web, settings: this.#settings, connectionString: this.connectionString };
    this.nodes = Array.from({ length: nodes }, (_, i) => new BoardNode({ ...options, logFile: path.join(this.#folder, `board-${i + 1}.log`) }));
  }

  /** Origin of web, API and hub, without a slash at its end; the same after `restart`. */
  get url() {
    return this.#proxy ? urlOf(this.#proxy.port) : this.nodes[0].url;
  }

  /** The proxy in front, where there are several nodes. */
  get proxy() {
    return this.#proxy;
  }

  get databaseName() {
    return this.#server.database;
  }

  /** Npgsql connection string of the server's own database. */
  get connectionString() {
    return formatConnectionString(this.#server);
  }

  /** Process id of the first server, undefined while it does not run. */
  get pid() {
    return this.nodes[0].pid;
  }

  /** Everything that the servers have logged so far, all their starts together. */
  get log() {
    return this.nodes.map(({ log }) => log).join('');
  }

  /** Starts the servers that were killed or never ran, on their old ports if they had some; resolves when they are healthy. */
  async start() {
    const idle = this.nodes.filter(({ pid }) => pid === undefined);
    if (idle.length === 0) throw new Error('The server runs already.');
    if (this.nodes.length > 1 && !this.#proxy) {
      const redis = await startRedis(this.#folder, { durable: false, shutdown: this.#shutdown });
      this.#settings['ConnectionStrings:Redis'] = redis.configuration;
    }
    const [first, ...others] = idle;
    await first.start(); // makes the tables, which two at once would not
    await Promise.all(others.map((node) => node.start()));
    if (this.nodes.length > 1) this.#proxy ??= await startProxy({ nodes: this.nodes.map(({ port }) => port) });
  }

  /** Stops the servers in order and starts them again: same ports, same database, new processes. */
  async restart() {
    await Promise.all(this.nodes.map((node) => node.end()));
    await this.start();
  }

  /** Ends the servers at once (SIGKILL); their database stays. Resolves when the processes are gone. */
  async kill() {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  /** Stops the servers in order and drops their database. */
  async stop() {
    const running = this.nodes.filter(({ pid }) => pid !== undefined);
    await Promise.all(this.nodes.map((node) => node.end()));
    await this.#proxy?.close();
    await this.#shutdown.run();
    const ends = running.filter(({ child }) => child.exitCode !== 0).map(({ child, log }) => `(${howItEnded(child)}):\n${log}`);
    removeTempFolder(this.#folder);
    await dropDatabase(this.#server);
    if (ends.length > 0) throw new Error(`The sample server did not stop in order ${ends.join('\n')}`);
  }
}

/** One server process of the sample, on a port that stays its own. */
class BoardNode {
  #options;

  constructor(options) {
    this.#options = options;
  }

  /** @type {number | undefined} */
  port;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  child;

  get url() {
    return urlOf(this.port);
  }

  /** Process id, undefined while it does not run. */
  get pid() {
    return this.#isRunning ? this.child.pid : undefined;
  }

  get log() {
    return readLog(this.#options.logFile);
  }

  /** Resolves when it is healthy. */
  async start() {
    if (this.#isRunning) throw new Error('The server runs already.');
    const fixed = this.port !== undefined;
    for (let attempt = 1; ; attempt++) {
      this.port ??= await freePort();
      const options = { ...this.#options, port: this.port };
      this.child = launchBoard(options);
      try {
        return await waitUntilHealthy(this.child, options);
      } catch (error) {
        await stopChild(this.child);
        if (fixed || attempt === START_TRIES || !/address already in use/i.test(this.log)) throw error;
        this.port = undefined;
      }
    }
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill() {
    if (!this.#isRunning) return;
    signalProcess(this.child.pid, 'SIGKILL');
    await ended(this.child);
  }

  /** Stops it in order. */
  async end() {
    if (this.child) await stopChild(this.child, { steps: STOP_STEPS });
  }

  get #isRunning() {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }
}

/** Drops a database, whoever is connected to it. */
export async function dropDatabase({ database, ...server }) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...server, database: 'postgres' });
  client.on('error', () => {}); // the query rejects as well
  await client.connect();
  try {
    await client.query(`drop database if exists ${pg.escapeIdentifier(database)} with (force)`);
  } finally {
    await client.end();
  }
}
