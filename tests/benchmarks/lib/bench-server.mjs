import path from 'node:path';
import { formatConnectionString } from '../../../tools/lib/connection-string.mjs';
import { inRoot } from '../../../tools/lib/paths.mjs';
import { freePort } from '../../../tools/lib/ports.mjs';
import { startThrowaway } from '../../../tools/lib/postgres/throwaway.mjs';
import { spawnTied, stopChild, until } from '../../../tools/lib/processes.mjs';

const program = inRoot('tests', 'benchmarks', 'server', 'bin', 'Release', 'net10.0', 'BenchServer.dll');

/** Migrating and seeding included; in milliseconds. */
const START_LIMIT_MS = 60_000;

/** Starts a PostgreSQL for bench servers, with fsync=on. */
export const startBenchPostgres = ({ shutdown }) => startThrowaway({ durable: true, shutdown });

/**
 * Starts the bench server (tests/benchmarks/server), on a PostgreSQL of its own unless told.
 * @param {{ shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown, postgres?: Awaited<ReturnType<typeof startBenchPostgres>>, settings?: Record<string, string> }} options
 *   `shutdown` ends both when the bench ends; `settings`: of its configuration, as environment variables
 * @returns {Promise<{ url: string, pid: number, post: (request: string) => Promise<any> }>}
 */
export async function startBenchServer({ shutdown, postgres, settings = {} }) {
  postgres ??= await startBenchPostgres({ shutdown });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawnTied('dotnet', [program], {
    cwd: path.dirname(program),
    env: { ...process.env, ...settings, ASPNETCORE_ENVIRONMENT: 'Production', ASPNETCORE_URLS: url, ConnectionStrings__Bench: formatConnectionString({ ...postgres.server, database: 'bench' }) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  shutdown.add(() => stopChild(child));
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const healthy = await until(async () => {
    if (gone()) return true;
    try {
      return (await fetch(`${url}/health`)).ok;
    } catch {
      return false;
    }
  }, START_LIMIT_MS);
  if (!healthy || gone()) throw new Error(`The bench server did not start (${child.signalCode ?? `exit code ${child.exitCode}`}).`);
  return { url, pid: child.pid, post: (request) => post(url, request) };
}

async function post(url, request) {
  const response = await fetch(`${url}${request}`, { method: 'POST' });
  const text = await response.text();
  if (!response.ok) throw new Error(`The bench server answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
