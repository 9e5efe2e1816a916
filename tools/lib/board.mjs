import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { howItEnded, launchBoard, readLog, urlOf, waitUntilHealthy } from './board-process.mjs';
import { formatConnectionString, parseConnectionString } from './connection-string.mjs';
import { ended, signalProcess, stopChild } from './processes.mjs';
import { freePort } from './ports.mjs';
import { makeTempFolder, removeTempFolder } from './temp.mjs';

/** Another program may take the port between choosing and using it. */
const START_TRIES = 5;
const STOP_STEPS = [['SIGTERM', 6000]];

/**
 * Starts the sample server, built before by `npm test` or `npm start`, on a free port with a new seeded database: for tests and benches.
 * @param {{ postgres?: string, web?: string, settings?: Record<string, string> }} [options] `postgres`: Npgsql connection string of a server
 *   where databases may be created, LIVEHUB_TEST_POSTGRES unless told; `web`: folder of the web's build (`boardWeb` of setup.mjs);
 *   `settings`: further configuration keys of the server
 * @returns {Promise<Board>}
 */
export async function startBoard({ postgres = process.env.LIVEHUB_TEST_POSTGRES, web, settings } = {}) {
  if (!postgres) throw new Error('LIVEHUB_TEST_POSTGRES is not set: run under npm test, or give { postgres }.');
  const board = new Board({ ...parseConnectionString(postgres), database: `board_${randomBytes(6).toString('hex')}` }, { web, settings });
  try {
    await board.start();
    return board;
  } catch (error) {
    await board.stop();
    throw error;
  }
}

/** A running sample server with its own database. */
class Board {
  #server;
  #options;
  #folder = makeTempFolder();
  #port;
  #child;

  constructor(server, options) {
    this.#server = server;
    this.#options = options;
  }

  /** Origin of web, API and hub, without a slash at its end; the same after `restart`. */
  get url() {
    return urlOf(this.#port);
  }

  get databaseName() {
    return this.#server.database;
  }

  /** Npgsql connection string of the server's own database. */
  get connectionString() {
    return formatConnectionString(this.#server);
  }

  /** Process id of the running server, undefined while there is none. */
  get pid() {
    return this.#isRunning ? this.#child.pid : undefined;
  }

  /** Everything that the server has logged so far, all its starts together. */
  get log() {
    return readLog(this.#logFile);
  }

  /** Starts a server that was killed or never ran, on its old port if it had one; resolves when it is healthy. */
  async start() {
    if (this.#isRunning) throw new Error('The server runs already.');
    const fixed = this.#port !== undefined;
    for (let attempt = 1; ; attempt++) {
      this.#port ??= await freePort();
      const options = { ...this.#options, port: this.#port, connectionString: this.connectionString, logFile: this.#logFile };
      this.#child = launchBoard(options);
      try {
        return await waitUntilHealthy(this.#child, options);
      } catch (error) {
        await stopChild(this.#child);
        if (fixed || attempt === START_TRIES || !/address already in use/i.test(this.log)) throw error;
        this.#port = undefined;
      }
    }
  }

  /** Stops the server in order and starts it again: same port, same database, new process. */
  async restart() {
    await this.#end();
    await this.start();
  }

  /** Ends the server at once (SIGKILL); its database stays. Resolves when the process is gone. */
  async kill() {
    if (!this.#isRunning) return;
    signalProcess(this.#child.pid, 'SIGKILL');
    await ended(this.#child);
  }

  /** Stops the server in order and drops its database. */
  async stop() {
    const running = this.#isRunning;
    await this.#end();
    const code = this.#child?.exitCode;
    const log = this.log;
    removeTempFolder(this.#folder);
    await dropDatabase(this.#server);
    if (running && code !== 0) throw new Error(`The sample server did not stop in order (${howItEnded(this.#child)}):\n${log}`);
  }

  async #end() {
    if (this.#child) await stopChild(this.#child, { steps: STOP_STEPS });
  }

  get #isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get #logFile() {
    return path.join(this.#folder, 'board.log');
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
