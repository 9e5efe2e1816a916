/**
 * What an application's users download of the client: its core, minified by esbuild and gzipped, without SignalR. The same for every run; a test
 * (client-ts/test/size.test.ts) holds it, and the subpaths, to their budgets.
 */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { inRoot } from '../../tools/lib/paths.mjs';

export const needs = ['packages'];

const BUDGET_BYTES = 8 * 1024;

export async function run() {
  const { outputFiles } = await build({
    entryPoints: [inRoot('client-ts', 'src', 'index.ts')],
    bundle: true, minify: true, format: 'esm', target: 'es2022', external: ['@microsoft/signalr'], write: false,
  });
  const value = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  return { results: [{ name: 'core', value, budget: BUDGET_BYTES, unit: 'B', direction: 'max', runs: 1, spread: [value, value], ok: value <= BUDGET_BYTES }] };
}
