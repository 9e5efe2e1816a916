import { randomBytes } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { formatConnectionString, parseConnectionString } from '../../../tools/lib/connection-string.mjs';
import { inRoot } from '../../../tools/lib/paths.mjs';
import { freePort } from '../../../tools/lib/ports.mjs';
import { startThrowaway } from '../../../tools/lib/postgres/throwaway.mjs';
import { spawnTied, stopChild, until } from '../../../tools/lib/processes.mjs';
import { Memory } from './memory.mjs';

const program = inRoot('tests', 'fuzz', 'server', 'bin', 'Release', 'net10.0', 'FuzzServer.dll');

const START_LIMIT_MS = 60_000;

/**
 * @typedef {{ connections: number, subscriptions: number, queueBytes: number, failures: number, liveBytes: number, faults: string[] }} State how a
 *   server is: `liveBytes` after a garbage collection, `faults` since the last time
 */

/**
 * Starts the server that fuzzers attack (tests/fuzz/server), with a database of its own.
 * @param {{ shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown }} tool ends both
 * @param {string | undefined} [postgres] an Npgsql connection string of a server where databases may be created; one is started unless told
 * @returns {Promise<FuzzServer>}
 */
export async function startFuzzServer({ shutdown }, postgres = process.env.LIVEHUB_TEST_POSTGRES) {
  const server = postgres ? parseConnectionString(postgres) : (await startThrowaway({ shutdown })).server;
  const database = `fuzz_${randomBytes(6).toString('hex')}`;
  if (postgres) shutdown.add(() => drop({ ...server, database }));
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawnTied('dotnet', [program], {
    cwd: path.dirname(program),
    env: { ...process.env, ASPNETCORE_ENVIRONMENT: 'Production', ASPNETCORE_URLS: url, ConnectionStrings__Fuzz: formatConnectionString({ ...server, database }) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  shutdown.add(() => stopChild(child));
  const fuzzed = new FuzzServer(url, child);
  const healthy = await until(() => !fuzzed.runs || fuzzed.isHealthy(), START_LIMIT_MS);
  if (!healthy || !fuzzed.runs) throw new Error(`The fuzz server did not start (${child.signalCode ?? `exit code ${child.exitCode}`}).`);
  return fuzzed;
}

async function drop({ host, port, user, password, database }) {
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    await client.query(`drop database if exists ${database} with (force)`);
  } finally {
    await client.end();
  }
}

class FuzzServer {
  #child;

  memory = new Memory();

  constructor(url, child) {
    this.url = url;
    this.#child = child;
  }

  /** Where clients connect to. */
  get hubUrl() {
    return `${this.url}/live`;
  }

  get runs() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async isHealthy() {
    try {
      return (await fetch(`${this.url}/health`)).ok;
    } catch {
      return false;
    }
  }

  /** @returns {Promise<State>} */
  async state() {
    return (await this.#ask('GET', '/state')).json();
  }

  /** Saves a text into a thing. */
  async write(id, text) {
    await this.#ask('POST', `/write?id=${id}&text=${encodeURIComponent(text)}`);
  }

  /** Breaks the server on purpose (tests/fuzz/server/Breaks.cs), or mends it. */
  async break(what) {
    await this.#ask('POST', what ? `/break?what=${what}` : '/break');
  }

  async #ask(method, route) {
    const response = await fetch(this.url + route, { method });
    if (!response.ok) throw new Error(`The fuzz server answered ${response.status} to ${method} ${route}: ${await response.text()}`);
    return response;
  }
}
