import { describe, expect, test } from 'vitest';
import type { CardRow } from './api.ts';
import { asShown } from './checks.ts';
import { runSql } from './database.ts';
import { byId, eventually, ids, pluck, record, type Shown } from './observe.ts';
import { raceCases } from './race.cases.ts';
import { useBoard } from './use-board.ts';
import type { Viewer } from './viewer.ts';
import { opsOf } from './wire.ts';

/** Connections that start while others write, end and come back, and a server that is away. */
const server = useBoard();
const { viewer, newList, newCard } = server;

raceCases(server);

/** A viewer who looks at cards in many ways. While the line is down, the cards `renamed`, `moved` (to the right) and `gone`, and the comment, are what their names say. */
async function scene({ live }: Viewer) {
  const [left, right, calm] = [await newList(), await newList(), await newList()];
  const kept = await newCard(left.id, { title: 'kept', estimate: 1.5 });
  const renamed = await newCard(left.id, { title: 'renamed' });
  const moved = await newCard(left.id, { title: 'moved' });
  const gone = await newCard(left.id, { title: 'gone' });
  const keptRight = await newCard(right.id, { title: 'kept' });
  await newCard(calm.id, { title: 'calm' });
  const comment = await server.api.post('comments', { cardId: kept.id, memberId: 1, text: 'gone' });

  const views = {
    left: live.all('Card', { where: { listId: left.id } }),
    right: live.all('Card', { where: { listId: right.id } }),
    calm: live.all('Card', { where: { listId: calm.id } }),
    lists: live.all('List', { orderBy: { id: 'asc' } }),
    many: live.many('Card', [gone.id, moved.id, kept.id]),
    comments: live.all('Comment', { where: { cardId: kept.id } }),
    moved: live.one('Card', moved.id),
  };
  await Promise.all(Object.values(views).map((view) => view.ready));
  return {
    cards: { kept, renamed, moved, gone, keptRight }, lists: { left, right, calm }, comment, views,
    before: { left: views.left.rows, lists: views.lists.rows, calm: views.calm.rows, kept: views.left.get(kept.id), keptRight: views.right.get(keptRight.id) },
    shown: {
      left: record(views.left), right: record(views.right), calm: record(views.calm), lists: record(views.lists),
      many: record(views.many), comments: record(views.comments), moved: record(views.moved),
    },
    statuses: () => [...new Set(Object.values(views).map((view) => view.status))],
  };
}
type Scene = Awaited<ReturnType<typeof scene>>;

/** The line is down: everything is shown as it was. */
function expectStale({ views, before }: Scene): void {
  expect([views.left.rows, views.calm.rows, views.lists.rows]).toEqual([before.left, before.calm, before.lists]);
  expect(views.left.rows).toBe(before.left);
}

/** The line is up again: everything is as the database has it, and nobody was told of more than what differs. */
async function expectReturned(s: Scene, inserted: { readonly card: number; readonly comment: string }): Promise<void> {
  const { cards, lists, views, before, shown } = s;
  const sql = (await server.api.sql('cards')).filter((card) => !card.isDeleted);
  const inSql = (matches: (card: CardRow) => boolean) => sql.filter(matches).map(asShown);
  for (const side of ['left', 'right', 'calm'] as const) expect(views[side].rows.toSorted(byId)).toEqual(inSql((c) => c.listId === lists[side].id));
  expect(views.many.rows).toEqual([...inSql((c) => c.id === cards.moved.id), ...inSql((c) => c.id === cards.kept.id)]);
  expect(views.lists.rows).toEqual(await server.api.sql('lists'));
  expect(views.comments.rows).toEqual((await server.api.sql('comments')).filter((c) => c.cardId === cards.kept.id));
  expect(views.moved.row?.listId).toBe(lists.right.id);

  expect(Object.fromEntries(Object.entries(shown).map(([name, view]) => [name, view.diffs.map(ids)]))).toEqual({
    left: [{ inserted: [inserted.card], updated: [[cards.renamed.id, 'title']], deleted: [cards.moved.id, cards.gone.id] }],
    right: [{ inserted: [cards.moved.id], updated: [], deleted: [] }],
    calm: [],
    lists: [],
    many: [{ inserted: [], updated: [[cards.moved.id, 'listId']], deleted: [cards.gone.id] }],
    comments: [{ inserted: [inserted.comment], updated: [], deleted: [s.comment.id] }],
    moved: [{ inserted: [], updated: [[cards.moved.id, 'listId']], deleted: [] }],
  });
  for (const view of Object.values(shown)) expect(view.statuses).toEqual(['stale', 'live']);

  // What did not change is the very same, at every moment.
  expect(views.calm.rows).toBe(before.calm);
  expect(views.lists.rows).toBe(before.lists);
  expect(views.many.get(cards.kept.id)).toBe(before.kept);
  const holds = (view: Shown<unknown>, row: unknown) => expect(view.rows.every((rows) => rows.includes(row))).toBe(true);
  holds(shown.left, before.kept);
  holds(shown.right, before.keptRight);
}

/** It goes on as if nothing had been. */
async function expectLive({ cards, views }: Scene): Promise<void> {
  await server.api.patch('cards', cards.kept.id, { title: 'after the return' });
  await eventually(() => [views.left, views.many].map((view) => view.get(cards.kept.id)?.title)).toEqual(['after the return', 'after the return']);
}

describe('G7 a client that comes back: only rows that differ are touched', () => {
  test('G7 after the server was killed while others wrote to the database', async () => {
    const eye = viewer();
    const s = await scene(eye);
    const hub: string[] = [];
    eye.live.subscribe(() => {
      // Called for its error, too: first the end of the connection, then attempts that fail.
      if (hub.at(-1) !== eye.live.status) hub.push(eye.live.status);
    });

    await server.board.kill();
    await eventually(s.statuses, 'all are stale').toEqual(['stale']);
    expect(eye.live.status).toBe('reconnecting');
    expectStale(s);
    const comment = crypto.randomUUID();
    const [inserted] = await runSql<{ Id: number }>(
      server.board.connectionString,
      ['insert into "Cards" ("ListId", "Title", "Description", "Done", "Position", "IsDeleted") values ($1, $2, $2, true, 1, false) returning "Id"', s.lists.left.id, 'new'],
      ['update "Cards" set "Title" = $2 where "Id" = $1', s.cards.renamed.id, 'renamed meanwhile'],
      ['update "Cards" set "ListId" = $2 where "Id" = $1', s.cards.moved.id, s.lists.right.id],
      ['delete from "Cards" where "Id" = $1', s.cards.gone.id],
      ['delete from "Comments" where "Id" = $1', s.comment.id],
      ['insert into "Comments" ("Id", "CardId", "MemberId", "Text") values ($1, $2, 1, $3)', comment, s.cards.kept.id, 'new'],
    );
    await server.board.start();
    await eventually(s.statuses, 'all are live').toEqual(['live']);
    expect(hub).toEqual(['reconnecting', 'connected']);
    await expectReturned(s, { card: inserted?.[0]?.Id ?? 0, comment });
    await expectLive(s);
  });

  test('G7 after its socket was dropped while others wrote through the server', async () => {
    const eye = viewer();
    const s = await scene(eye);
    const { waits } = eye;
    eye.wire.cut();
    await eventually(s.statuses, 'all are stale').toEqual(['stale']);
    expectStale(s);
    const comment = crypto.randomUUID();
    const [inserted] = await server.api.transaction(
      { op: 'insert', entity: 'cards', values: { listId: s.lists.left.id, title: 'new' } },
      { op: 'update', entity: 'cards', id: s.cards.renamed.id, values: { title: 'renamed meanwhile' } },
      { op: 'update', entity: 'cards', id: s.cards.moved.id, values: { listId: s.lists.right.id } },
      { op: 'delete', entity: 'cards', id: s.cards.gone.id },
      { op: 'delete', entity: 'comments', id: s.comment.id },
      { op: 'insert', entity: 'comments', id: comment, values: { cardId: s.cards.kept.id, memberId: 1, text: 'new' } },
    );
    await eventually(() => eye.waits, 'it tries again and again').toBeGreaterThan(waits + 2);
    expect([eye.live.status, eye.wire.sockets]).toEqual(['reconnecting', 1]);
    const before = eye.wire.received.length;
    eye.wire.restore();
    await eventually(s.statuses, 'all are live').toEqual(['live']);
    expect([eye.live.status, eye.wire.sockets]).toEqual(['connected', 2]);
    await expectReturned(s, { card: Number(inserted?.id), comment });

    // What it missed came, each of the six rows once, and no row besides.
    const missed = eye.wire.received.slice(before).flat();
    expect(missed.filter(({ type }) => type === 'subscribed').map((m) => m['resumed'])).toEqual(Object.keys(s.views).map(() => true));
    expect(opsOf(missed).map(({ key }) => key).toSorted()).toEqual(
      [s.cards.renamed.id, s.cards.moved.id, s.cards.gone.id, Number(inserted?.id), s.comment.id, comment].toSorted());
    await expectLive(s);
  });

  test('S2 small: offline for 1,000 changes within retention: one message, a row once, in no collection a blink', async () => {
    const eye = viewer();
    const list = await newList();
    const cards = await Promise.all(Array.from({ length: 100 }, (_, i) => newCard(list.id, { title: `card ${i}` })));
    const still = await newCard(list.id, { title: 'still' });
    const all = eye.live.all('Card', { where: { listId: list.id } });
    const one = eye.live.one('Card', cards[0]?.id ?? 0);
    await Promise.all([all.ready, one.ready]);
    const [shown, stillRow, before] = [record(all), all.get(still.id), eye.wire.received.length];
    eye.wire.cut();
    await eventually(() => all.status).toBe('stale');
    expect(all.staleSince).toBeInstanceOf(Date);
    for (let round = 1; round <= 10; round++) {
      await server.api.transaction(...cards.map(({ id }, i) => ({ op: 'update' as const, entity: 'cards' as const, id, values: { title: `card ${i}, ${round}` } })));
    }
    eye.wire.restore();
    await eventually(() => all.status).toBe('live');
    const missed = eye.wire.received.slice(before);
    expect(missed.flat().map(({ type }) => type)).toEqual(['welcome', 'subscribed', 'subscribed', 'steps']);
    expect(opsOf(missed.flat())).toHaveLength(100);
    expect(shown.diffs.map((diff) => [diff.inserted.length, diff.updated.length, diff.deleted.length])).toEqual([[0, 100, 0]]);
    expect(all.get(still.id)).toBe(stillRow);
    expect([one.row?.title, all.rows.every((row) => row.id === still.id || row.title.endsWith(', 10')), all.staleSince]).toEqual(['card 0, 10', true, undefined]);
  });

  test('G7 what is closed while the line is down is not asked for again, and what is opened meanwhile is', async () => {
    const eye = viewer();
    const [closed, opened] = [await newList(), await newList()];
    const closing = eye.live.all('Card', { where: { listId: closed.id } });
    await closing.ready;
    eye.wire.cut();
    await eventually(() => closing.status).toBe('stale');
    closing.close();
    const opening = eye.live.all('Card', { where: { listId: opened.id } });
    expect(opening.status).toBe('loading');
    const card = await newCard(opened.id);
    await newCard(closed.id);
    eye.wire.restore();
    await opening.ready;
    expect(pluck(opening.rows, 'id')).toEqual([card.id]);
    expect([closing.status, closing.rows]).toEqual(['closed', []]);
    expect(eye.wire.asked({ where: { listId: closed.id } })).toHaveLength(1);
    expect(await eye.heard(() => newCard(closed.id))).toEqual([]);
  });
});

test('a server that is not there yet is waited for: nothing fails, and everything is live when it comes', async () => {
  const list = await newList();
  const card = await newCard(list.id);
  await server.board.kill();
  const eye = viewer();
  const cards = eye.live.all('Card', { where: { listId: list.id } });
  const shown = record(cards);
  await eventually(() => eye.waits, 'it tries again and again').toBeGreaterThan(2);
  expect([eye.live.status, cards.status, cards.error]).toEqual(['connecting', 'loading', undefined]);
  await server.board.start();
  await cards.ready;
  expect([eye.live.status, cards.status]).toEqual(['connected', 'live']);
  expect(pluck(cards.rows, 'id')).toEqual([card.id]);
  expect([shown.diffs.map(ids), shown.statuses]).toEqual([[{ inserted: [card.id], updated: [], deleted: [] }], ['live']]);
});

test('a server that stops in order and starts again: its clients are back by themselves', async () => {
  const list = await newList();
  const eye = viewer();
  const cards = eye.live.all('Card', { where: { listId: list.id } });
  await cards.ready;
  const { statuses } = record(cards);
  await server.board.restart();
  await eventually(() => statuses).toEqual(['stale', 'live']);
  // They were sent away, and told when to come back, before the connection ended.
  const told = eye.wire.received.flat().filter(({ type }) => type === 'welcome' || type === 'going-away');
  expect(told.map(({ type }) => type)).toEqual(['welcome', 'going-away', 'welcome']);
  expect(told[1]?.['retryMs']).toBeGreaterThan(0);
  const card = await newCard(list.id);
  await eventually(() => pluck(cards.rows, 'id')).toEqual([card.id]);
});
