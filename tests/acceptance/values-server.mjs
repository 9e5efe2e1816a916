import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { dropDatabase } from '../../tools/lib/board.mjs';
import { formatConnectionString, parseConnectionString } from '../../tools/lib/connection-string.mjs';
import { freePort } from '../../tools/lib/ports.mjs';
import { spawnTied, stopChild, until } from '../../tools/lib/processes.mjs';
import { childEnvironment } from '../../tools/lib/run.mjs';
import { valuesProgram } from '../../tools/lib/setup.mjs';

/** Making the database included; in milliseconds. */
const START_LIMIT_MS = 60_000;

/**
 * Starts the server of every type (tests/acceptance/server), built before, on a free port with a new database.
 * @param {{ postgres?: string, oddJson?: boolean }} [options] Npgsql connection string of a server where databases may be created, LIVEHUB_TEST_POSTGRES unless told;
 *   oddJson: with JSON options of the application's own for its endpoints and hubs (OddJson.cs), and with such an endpoint and hub
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startValues({ postgres = process.env.LIVEHUB_TEST_POSTGRES, oddJson = false } = {}) {
  if (!postgres) throw new Error('LIVEHUB_TEST_POSTGRES is not set: run under npm test, or give { postgres }.');
  const server = { ...parseConnectionString(postgres), database: `values_${randomBytes(6).toString('hex')}` };
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = childEnvironment({ ASPNETCORE_ENVIRONMENT: 'Production', ASPNETCORE_URLS: url, ConnectionStrings__Values: formatConnectionString(server), OddJson: `${oddJson}` });
  const child = spawnTied('dotnet', [valuesProgram], { cwd: path.dirname(valuesProgram), env, stdio: ['ignore', 'inherit', 'inherit'] });
  const stop = async () => {
    await stopChild(child);
    await dropDatabase(server);
  };
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const isHealthy = async () => gone() || (await fetch(`${url}/health`).catch(() => undefined))?.ok === true;
  if (await until(isHealthy, START_LIMIT_MS) && !gone()) return { url, stop };
  await stop();
  throw new Error('The values server did not start.');
}
