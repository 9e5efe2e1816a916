import path from 'node:path';
import { createInterface } from 'node:readline';
import { inRoot } from '../../../tools/lib/paths.mjs';
import { spawnTied, stopChild } from '../../../tools/lib/processes.mjs';

const program = inRoot('tests', 'benchmarks', 'client', 'bin', 'Release', 'net10.0', 'BenchClient.dll');

/**
 * Starts the bench client (tests/benchmarks/client): many connections in a process of their own.
 * @param {{ url: string, shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown }} options `url`: the bench server's
 * @returns {(request: { do: string, crowd: string, [more: string]: unknown }) => Promise<any>} asks it for something; one at a time
 */
export function startBenchClient({ url, shutdown }) {
  const child = spawnTied('dotnet', [program, url], { cwd: path.dirname(program), stdio: ['pipe', 'pipe', 'inherit'] });
  shutdown.add(() => stopChild(child));
  const lines = createInterface({ input: child.stdout });
  let waiting;
  lines.on('line', (line) => waiting?.resolve(JSON.parse(line)));
  lines.on('close', () => waiting?.reject(new Error('The bench client ended.')));
  return (request) => new Promise((resolve, reject) => {
    waiting = { resolve, reject };
    child.stdin.write(`${JSON.stringify(request)}\n`);
  });
}
