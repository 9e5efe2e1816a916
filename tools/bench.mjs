import { requireNode } from './lib/node-version.mjs';

requireNode();
const { main } = await import('./lib/bench.mjs');
await main(process.argv.slice(2));
