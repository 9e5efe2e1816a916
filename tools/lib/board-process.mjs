import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.mjs';
import { spawnTied, until } from './processes.mjs';
import { childEnvironment } from './run.mjs';
import { boardProgram } from './setup.mjs';

/** Migrating and seeding are part of a start. */
const START_LIMIT_MS = 90_000;
/** One request to /health may take this long. */
const HEALTH_LIMIT_MS = 5000;

/**
 * Starts the built sample server on a port of 127.0.0.1.
 * @param {{ port: number, connectionString: string, logFile: string, web?: string, settings?: Record<string, string> }} options `web` is the
 *   folder of the web's build; `settings` are further configuration keys, such as `LiveHub:Retention`
 */
export function launchBoard({ port, connectionString, logFile, web, settings = {} }) {
  if (!existsSync(boardProgram)) throw new Failure(`${boardProgram} has not been built.`, { remedy: 'dotnet build -c Release samples/Board/server/Board.csproj' });
  const env = childEnvironment({
    ASPNETCORE_ENVIRONMENT: 'Production',
    ASPNETCORE_URLS: urlOf(port),
    ConnectionStrings__Board: connectionString,
    ...(web ? { Board__Web: web } : {}),
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [key.replaceAll(':', '__'), String(value)])),
  });
  for (const name of ['ASPNETCORE_HTTP_PORTS', 'ASPNETCORE_HTTPS_PORTS']) delete env[name];
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawnTied('dotnet', [boardProgram], { cwd: path.dirname(boardProgram), env, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

export const urlOf = (port) => `http://127.0.0.1:${port}`;

/**
 * Waits until GET /health answers 200. A server that ends or takes too long is a Failure that shows the end of its log.
 * @param {import('node:child_process').ChildProcess} child from launchBoard
 * @param {{ port: number, logFile: string }} options
 */
export async function waitUntilHealthy(child, { port, logFile }) {
  let last = 'no answer';
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const healthy = await until(async () => {
    if (gone()) return true;
    try {
      const response = await fetch(`${urlOf(port)}/health`, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) });
      last = `${response.status} ${(await response.text()).slice(0, 300)}`.trim();
      return response.status === 200;
    } catch {
      return false;
    }
  }, START_LIMIT_MS);
  if (gone()) throw new Failure(`The sample server ended while it started (${howItEnded(child)}).`, { output: readLog(logFile), remedy: `Its whole log is ${logFile}.` });
  if (!healthy) {
    throw new Failure(`The sample server is not healthy after ${START_LIMIT_MS / 1000} s: GET /health answers: ${last}`, { output: readLog(logFile), remedy: `Its whole log is ${logFile}.` });
  }
}

/** A child's end in words. */
export const howItEnded = (child) => (child.signalCode ? `ended by ${child.signalCode}` : `exit code ${child.exitCode}`);

export function readLog(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
