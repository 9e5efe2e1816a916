import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { dropDatabase } from '../../tools/lib/board.mjs';
import { formatConnectionString, parseConnectionString } from '../../tools/lib/connection-string.mjs';
import { spawnTied, stopChild } from '../../tools/lib/processes.mjs';
import { childEnvironment } from '../../tools/lib/run.mjs';
import { gateProgram } from '../../tools/lib/setup.mjs';

/** The access token that the gate lets in. */
export const token = 'open sesame';

/**
 * Starts the gate, the server on which ways to connect are tested (tests/gate/server), with a database of its own.
 * @param {string | undefined} [postgres] Npgsql connection string of a server where databases may be created
 */
export async function startGate(postgres = process.env.LIVEHUB_TEST_POSTGRES) {
  if (!postgres) throw new Error('LIVEHUB_TEST_POSTGRES is not set: run under npm test.');
  const server = { ...parseConnectionString(postgres), database: `gate_${randomBytes(6).toString('hex')}` };
  const child = spawnTied('dotnet', [gateProgram], {
    env: childEnvironment({ ConnectionStrings__Gate: formatConnectionString(server) }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { value: url } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  const stop = async () => {
    await stopChild(child);
    await dropDatabase(server);
  };
  if (!url) {
    await stop();
    throw new Error('The gate did not start.');
  }
  return { /** @type {string} */ url, stop };
}
