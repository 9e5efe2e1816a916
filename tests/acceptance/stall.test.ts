import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Line } from '../gate/line.mjs';
import { asShown } from './checks.ts';
import { createLiveHub } from '@livehub/client';
import { Api } from './api.ts';
import { nodeWebSocket } from './node-socket.ts';
import { byId, eventually, record } from './observe.ts';
import type { BoardSchema } from './schema.ts';
import { useBoard } from './use-board.ts';
import { Viewer } from './viewer.ts';

/** Clients that do not read for a while: their sockets stand still, or they are asleep. Both at the same time. */
const server = useBoard();

const STALL_MS = 30_000;
const PAUSE_MS = 50;
/** Descriptions are as long as they may be, so that the line and the server's buffers are full soon. */
const LONG = 10_000;

/** Longer than the server waits for a sign of life (30 s). */
const SLEEP_MS = 36_000;
const PING = '{"type":6}\u001e';
/** Some more than the server's time between two signs of life (15 s). */
const SILENCE_MS = 18_000;
let silence: Promise<{ readonly lastFrame: { readonly text: string; readonly at: number }; readonly stalledAt: number; readonly staleSince: number}>;
let sleeper: { readonly child: ChildProcess; readonly listId: number; readonly stillId: number; readonly ask: () => Promise<string>; readonly wakesAt: number };

beforeAll(() => {
  silence = hearSilence();
});

beforeAll(async () => {
  const list = await server.newList();
  const still = await server.newCard(list.id, { title: 'still' });
  await server.newCard(list.id, { title: 'old' });
  const child = spawn(process.execPath, ['sleeper.mjs', server.api.origin, String(list.id)], { cwd: import.meta.dirname, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  child.kill('SIGSTOP');
  sleeper = {
    child, listId: list.id, stillId: still.id, wakesAt: performance.now() + SLEEP_MS,
    ask: () => {
      child.stdin.write('\n');
      return next();
    },
  };
});
afterAll(() => void sleeper?.child.kill('SIGKILL'));

test('S6 a client whose socket stops reading for 30 s while others go on: the others show every write, and it ends right without a blink', async () => {
  const list = await server.newList();
  const cards = await Promise.all(Array.from({ length: 5 }, (_, i) => server.newCard(list.id, { title: `card ${i}` })));
  const still = await server.newCard(list.id, { title: 'still' });
  const line = await Line.to(server.api.origin);
  // Its writes do not go over the line.
  const stuck = new Viewer(new Api(line.url), nodeWebSocket);
  try {
    const others = [server.viewer(), server.viewer()].map(({ live }) => live.all('Card', { where: { listId: list.id } }));
    const all = stuck.live.all('Card', { where: { listId: list.id } });
    await Promise.all([...others, all].map(({ ready }) => ready));
    const [shown, before, othersShown] = [record(all), all.get(still.id), others.map(record)];

    line.stall();
    const end = performance.now() + STALL_MS;
    let writes = 0;
    while (performance.now() < end) {
      const title = `write ${++writes}`;
      const values = { title, description: title.padEnd(LONG, '.') };
      await server.api.transaction(...cards.map(({ id }) => ({ op: 'update' as const, entity: 'cards' as const, id, values })));
      // Each write reaches the others before the next is made.
      await eventually(() => others.map((view) => view.get(cards[0]!.id)?.title)).toEqual([title, title]);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    expect(all.rows.some(({ title }) => title === `write ${writes}`), 'the line is stalled').toBe(false);
    const added = await server.newCard(list.id, { title: 'added' });
    await server.api.delete('cards', cards[0]!.id);
    line.resume();

    await eventually(() => [all.status, all.get(added.id)?.title, all.get(cards[0]!.id)]).toEqual(['live', 'added', undefined]);
    expect(all.rows.toSorted(byId)).toEqual((await server.api.list('cards', { listId: list.id })).map(asShown).toSorted(byId));
    // Nothing blinked: of its rows none was away, and the one that nobody wrote is the same object.
    expect(shown.rows.every((rows) => rows.includes(before as never) && rows.length >= cards.length)).toBe(true);
    expect(shown.statuses.every((status) => status === 'live' || status === 'stale')).toBe(true);
    expect(othersShown.map(({ statuses }) => new Set(statuses))).toEqual([new Set(['live']), new Set(['live'])]);
    expect(othersShown.map(({ diffs }) => diffs.filter(({ updated }) => updated.length > 0).length)).toEqual([writes, writes]);
  } finally {
    await stuck.live.close();
    await line.close();
  }
}, STALL_MS + 60_000);

/** A client to which nothing happens, until its line stands still behind a sign of life; it gives up after `SILENCE_MS` without one. */
async function hearSilence(): typeof silence {
  const frames: { text: string; at: number }[] = [];
  const line = await Line.to(server.api.origin);
  const live = createLiveHub<BoardSchema>(`${line.url}/live`, {
    serverTimeoutMs: SILENCE_MS,
    configure: (builder) => void builder.withUrl(`${line.url}/live`, {
      transport: 1,
      WebSocket: class extends nodeWebSocket {
        constructor(...args: ConstructorParameters<typeof nodeWebSocket>) {
          super(...args);
          this.on?.('message', (data) => frames.push({ text: String(data), at: Date.now() }));
        }
      },
    } as object),
  });
  try {
    const list = live.all('List');
    await list.ready;
    await vi.waitUntil(() => frames.at(-1)?.text === PING, { timeout: 2 * SILENCE_MS });
    line.stall();
    const stalledAt = Date.now();
    await vi.waitUntil(() => list.status === 'stale', { timeout: 2 * SILENCE_MS });
    return { lastFrame: frames.at(-1)!, stalledAt, staleSince: list.staleSince!.getTime() };
  } finally {
    await live.close();
    await line.close();
  }
}

test('G7 after a silence rows are stale since the last sign of life, though that was noticed later', async () => {
  const { lastFrame, stalledAt, staleSince } = await silence;
  expect(lastFrame.text).toBe(PING);
  expect(staleSince).toBeGreaterThanOrEqual(lastFrame.at);
  expect(staleSince).toBeLessThanOrEqual(stalledAt);
}, 3 * SILENCE_MS);

test('G7 after its machine has slept for longer than the server waits: what it missed is there at once, and nothing blinks', async () => {
  const { child, listId, ask, wakesAt } = sleeper;
  const [old] = (await server.api.list('cards', { listId })).filter(({ title }) => title === 'old');
  for (let i = 0; i < 100; i++) await server.api.patch('cards', old!.id, { title: `new ${i}` });
  await server.newCard(listId, { title: 'added' });
  await new Promise((resolve) => setTimeout(resolve, wakesAt - performance.now()));
  child.kill('SIGCONT');
  await expect.poll(async () => JSON.parse(await ask()), { timeout: 20_000 }).toEqual({
    status: 'live', titles: ['added', 'new 99', 'still'], statuses: ['stale', 'live'], diffs: [[1, 1, 0]], blinks: 0,
  });
}, SLEEP_MS + 30_000);
