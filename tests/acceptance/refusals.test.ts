import { createLiveHub, LiveHubError, type Collection, type LooseLiveHub, type Single } from '@livehub/client';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from './observe.ts';
import { useBoard } from './use-board.ts';

/** What a user meets who asks for what cannot be: a code, a text that says what to do, and a connection that stays up. */
const server = useBoard();
const { viewer } = server;

const uuids = (count: number) => Array.from({ length: count }, () => crypto.randomUUID());

type Opened = Collection<unknown, never> | Single<unknown>;
const codeOf = (opened: Opened) => (opened.error instanceof LiveHubError ? opened.error.code : undefined);

describe('a collection fails with a code, and the others of its message do not', () => {
  const cases: readonly (readonly [code: string, text: RegExp, open: (live: LooseLiveHub) => unknown])[] = [
    ['unknown_entity', /No entity 'Crad' is exposed.*Expose<T>/, (live) => live.all('Crad')],
    ['unknown_column', /no column 'titel'\. Its columns are: .*title/, (live) => live.all('Card', { where: { titel: 'x' } })],
    ['unknown_column', /no column 'email'\. Its columns are: id, name\./, (live) => live.all('Member', { columns: ['email'] })],
    ['wrong_type', /'Card\.listId' cannot be "one"; it takes a 32-bit integer/, (live) => live.all('Card', { where: { listId: 'one' } })],
    ['wrong_type', /'Comment\.id' cannot be 7; it takes a UUID/, (live) => live.one('Comment', 7)],
    ['wrong_type', /lacks the column 'labelId'/, (live) => live.one('CardLabel', { cardId: 1 })],
    ['too_many_keys', /may list 1000 values\. Split it/, (live) => live.many('Comment', uuids(1_001))],
    ['too_many_keys', /may list 1000 values\. Split it/, (live) => live.all('Comment', { where: { id: { in: uuids(1_001) } } })],
    ['too_large', /too large: split its keys/, (live) => live.many('Comment', uuids(4_000))],
  ];

  test.each(cases)('%s: %s', async (code, text, open) => {
    const { live, wire } = viewer();
    const loose = live as unknown as LooseLiveHub;
    const good = live.one('List', 1);
    const bad = open(loose) as Opened;
    const alsoGood = live.all('Board');
    await Promise.all([good.ready, alsoGood.ready]);
    await expect(bad.ready).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
    expect([bad.status, codeOf(bad)]).toEqual(['failed', code]);
    expect([live.status, good.status, alsoGood.status, wire.sockets]).toEqual(['connected', 'live', 'live', 1]);
  });
});

test('as many keys as are allowed are taken, whatever their size', async () => {
  const { live, wire } = viewer();
  const views = Array.from({ length: 5 }, () => live.many('Comment', uuids(1_000)));
  // Rows show them in lower case: the answer says so of each, and is larger than other messages.
  views.push(live.many('Comment', uuids(1_000).map((id) => id.toUpperCase())));
  await Promise.all(views.map((view) => view.ready));
  expect(wire.sockets).toBe(1);
});

test('more subscriptions than a connection may have are refused; who closes some may open others', async () => {
  const { live } = viewer();
  const open = Array.from({ length: 1_000 }, (_, i) => live.one('Card', 1_000_000 + i));
  await Promise.all(open.map((view) => view.ready));
  const more = live.one('Card', 1);
  await expect(more.ready).rejects.toMatchObject({ code: 'too_many_subscriptions', message: expect.stringContaining('1000 subscriptions open. Close some') });
  open[0]?.close();
  const instead = live.one('Card', 2);
  await instead.ready;
  expect(instead.status).toBe('live');
});

describe('a client of another time', () => {
  const hubs: { close(): Promise<void> }[] = [];
  afterEach(() => Promise.all(hubs.splice(0).map((hub) => hub.close())));

  test('whose protocol the server does not speak fails for good with code protocol, and asks no more', async () => {
    const { wire } = viewer();
    const url = `${server.api.origin}/live`;
    let sockets = 0;
    class Later extends wire.WebSocket {
      constructor(...args: ConstructorParameters<typeof wire.WebSocket>) {
        super(...args);
        sockets++;
      }

      override send(data: string, ...rest: unknown[]): void {
        super.send(data.replace('"protocol":{"min":1,"max":1}', '"protocol":{"min":2,"max":3}'), ...rest);
      }
    }
    const live = createLiveHub(url, {
      configure: (builder) => void builder.withUrl(url, { WebSocket: Later, transport: 1 } as object),
      reconnectDelayMs: () => 1,
    });
    hubs.push(live);
    const [cards, list] = [live.all('Card'), live.one('List', 1)];
    for (const view of [cards, list] as unknown as Opened[]) {
      await expect(view.ready).rejects.toMatchObject({ code: 'protocol', message: expect.stringContaining('update one of the two') });
      expect([view.status, codeOf(view)]).toEqual(['failed', 'protocol']);
    }
    await eventually(() => live.status).toBe('closed');
    expect(codeOf(live.all('Card') as unknown as Opened)).toBe('protocol');
    expect(wire.received.flat().filter(({ type }) => type === 'error')[0]).toMatchObject({ code: 'protocol', message: expect.stringContaining('speaks protocol 1, the client 2 to 3') });
    await viewer().live.one('List', 1).ready;
    expect(sockets).toBe(1);
  });
});
