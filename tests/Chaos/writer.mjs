/** A writer: a process of its own, which does what it is told over HTTP, several at a time. Its arguments are the server's address, the seed and the number of nodes. */
import { setTimeout as delay } from 'node:timers/promises';
import { stepOf } from './schedule.mjs';

const [url, seed, nodes] = process.argv.slice(2);

/** What the proxy says where no node can be reached. */
const NO_NODE = 503;

process.on('message', async (n) => {
  process.send({ n, status: await write(n) });
});
process.on('disconnect', () => process.exit());

/** @returns {Promise<number>} the answer's status; 0 where none came, and nobody knows what became of it */
async function write(n) {
  try {
    const response = await fetch(`${url}/write`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(stepOf(Number(seed), n, Number(nodes))) });
    await response.arrayBuffer();
    if (response.status !== NO_NODE) return response.status;
  } catch (error) {
    if (error.cause?.code !== 'ECONNREFUSED') return 0;
  }
  // The server is about to be back; nothing was sent.
  await delay(50);
  return write(n);
}
