import readline from 'node:readline';
import { createLiveHub } from '@livehub/client';

/**
 * A page in a process of its own, which can be stopped like one on a laptop that sleeps: `node sleeper.mjs ORIGIN LIST`. It shows a list's cards, says
 * `ready`, and answers each line with what it shows and what it has told by then.
 */
const [origin, listId] = process.argv.slice(2);
const live = createLiveHub(`${origin}/live`);
const cards = live.all('Card', { where: { listId: Number(listId) } });
const statuses = [];
const diffs = [];
let blinks = 0;
await cards.ready;
const [first] = cards.rows;
cards.subscribe(() => {
  if (statuses.at(-1) !== cards.status) statuses.push(cards.status);
  if (!cards.rows.includes(first)) blinks++;
});
cards.onDiff(({ inserted, updated, deleted }) => diffs.push([inserted.length, updated.length, deleted.length]));
console.log('ready');
for await (const _ of readline.createInterface(process.stdin)) {
  console.log(JSON.stringify({ status: cards.status, titles: cards.rows.map(({ title }) => title).sort(), statuses, diffs, blinks }));
}
process.exit();
