import { createLiveHub, type LiveHub } from '@livehub/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startBoard } from '../../tools/lib/board.mjs';
import { Api } from './api.ts';
import { eventually, record } from './observe.ts';
import type { BoardSchema } from './schema.ts';

/** The sample on two nodes that share their log in Redis, behind a proxy: what one saves reaches the readers of both, by every transport, and they move when one dies. */

/** SignalR's numbers for them. */
const transports = { WebSockets: 1, ServerSentEvents: 2, LongPolling: 4 };

let board: Awaited<ReturnType<typeof startBoard>>;
/** The API of each node, past the proxy. */
let apis: Api[];
const hubs: LiveHub<BoardSchema>[] = [];
/** How often a reader has waited to connect again. */
let waits = 0;

beforeAll(async () => {
  board = await startBoard({ nodes: 2 });
  apis = board.nodes.map(({ url }) => new Api(url));
});
beforeEach(() => {
  waits = 0;
  vi.spyOn(console, 'warn').mockImplementation(() => {}); // a connection that was lost
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});
afterAll(() => board?.stop());

function hub(transport: keyof typeof transports, skipNegotiation: boolean): LiveHub<BoardSchema> {
  const url = `${board.url}/live`;
  const live = createLiveHub<BoardSchema>(url, {
    configure: (builder) => void builder.withUrl(url, { transport: transports[transport], skipNegotiation }),
    reconnectDelayMs: () => (waits++, 20),
  });
  hubs.push(live);
  return live;
}

describe.each([
  { transport: 'WebSockets', skipNegotiation: false },
  { transport: 'WebSockets', skipNegotiation: true },
  { transport: 'ServerSentEvents', skipNegotiation: false },
  { transport: 'LongPolling', skipNegotiation: false },
] as const)('over $transport, negotiation skipped: $skipNegotiation', ({ transport, skipNegotiation }) => {
  test('G7, G11: two readers on two nodes see what each node saves, and both go on at the other when one is killed', async () => {
    const list = await apis[0]!.post('lists', { boardId: 1, title: 'List' });
    const first = await apis[0]!.post('cards', { listId: list.id, title: 'first' });
    const readers = [hub(transport, skipNegotiation), hub(transport, skipNegotiation)];
    const cards = readers.map((live) => live.all('Card', { where: { listId: list.id } }));
    await Promise.all(cards.map((collection) => collection.ready));
    await eventually(() => board.proxy?.open).toEqual([1, 1]);
    const titles = () => cards.map(({ rows }) => rows.map(({ title }) => title).toSorted());

    for (const [i, api] of apis.entries()) {
      const title = `saved by node ${i}`;
      await api.patch('cards', first.id, { title });
      await eventually(titles).toEqual([[title], [title]]);
    }

    expect(waits).toBe(0); // every request has found the node of its connection
    const shown = cards.map(record);
    const kept = cards.map(({ rows }) => rows[0]);
    await board.nodes[0]!.kill();
    const second = await apis[1]!.post('cards', { listId: list.id, title: 'while one is gone' });
    await eventually(titles).toEqual([['saved by node 1', 'while one is gone'], ['saved by node 1', 'while one is gone']]);
    await eventually(() => [board.proxy?.open, readers.map(({ status }) => status), cards.map(({ status }) => status)]).toEqual([[0, 2], ['connected', 'connected'], ['live', 'live']]);
    // The reader that has moved was told of what it missed, and of nothing else.
    expect(shown.map(({ diffs }) => diffs.map(({ inserted, updated, deleted }) => [inserted.map(({ id }) => id), updated, deleted]))).toEqual([[[[second.id], [], []]], [[[second.id], [], []]]]);
    expect(cards.map((collection) => collection.get(first.id))).toEqual(kept);
    cards.forEach((collection, i) => expect(collection.get(first.id)).toBe(kept[i]));

    await board.nodes[0]!.start();
    await eventually(() => board.proxy?.up).toEqual([true, true]);
    await apis[0]!.delete('cards', first.id);
    await eventually(titles).toEqual([['while one is gone'], ['while one is gone']]);
  }, 90_000); // a server starts in it
});
