import { requireNode } from './lib/node-version.mjs';

requireNode();
const { main } = await import('./lib/postgres/main.mjs');
await main(process.argv.slice(2));
