/** A writer: a process of its own, which does what it is told over HTTP, several at a time. Its arguments are the server's address and the seed. */
import { setTimeout as delay } from 'node:timers/promises';
import { stepOf } from './schedule.mjs';

const [url, seed] = process.argv.slice(2);

process.on('message', async (n) => {
  process.send({ n, status: await write(n) });
});
process.on('disconnect', () => process.exit());

/** @returns {Promise<number>} the answer's status; 0 where none came, and nobody knows what became of it */
async function write(n) {
  try {
    const response = await fetch(`${url}/write`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(stepOf(Number(seed), n)) });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    if (error.cause?.code !== 'ECONNREFUSED') return 0;
    // The server is about to be back; nothing was sent.
    await delay(50);
    return write(n);
  }
}
