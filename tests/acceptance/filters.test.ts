import { describe, expect, test } from 'vitest';
import { eventually, ids, pluck, record } from './observe.ts';
import { useBoard } from './use-board.ts';
import { opsOf } from './wire.ts';

/** Foreign keys and filters. */
const server = useBoard();
const { viewer, newList, newCard } = server;

const anyVersion = { version: expect.any(Number) };

describe('F1 a card moves from list 1 to list 2', () => {
  test('F1 on one connection it leaves one list and enters the other in the same step', async () => {
    const eye = viewer();
    const [one, two] = [await newList(), await newList()];
    const card = await newCard(one.id);
    const left = eye.live.all('Card', { where: { listId: one.id } });
    const right = eye.live.all('Card', { where: { listId: two.id } });
    await Promise.all([left.ready, right.ready]);
    const places: string[] = [];
    const look = () => void places.push([...left.rows.map(() => 'left'), ...right.rows.map(() => 'right')].join(' and '));
    for (const list of [left, right]) {
      list.subscribe(look);
      list.onDiff(look);
    }
    const [shown, shownRight] = [record(left), record(right)];

    const heard = await eye.heard(() => server.api.patch('cards', card.id, { listId: two.id }));
    expect([pluck(left.rows, 'id'), pluck(right.rows, 'id')]).toEqual([[], [card.id]]);
    expect(right.get(card.id)?.listId).toBe(two.id);
    expect(places).toEqual(['right', 'right', 'right', 'right']);
    expect([shown.diffs, shownRight.diffs].map((diffs) => diffs.map(ids))).toEqual([
      [{ inserted: [], updated: [], deleted: [card.id] }],
      [{ inserted: [card.id], updated: [], deleted: [] }],
    ]);
    const [from, to] = [one, two].map((list) => eye.wire.shape({ where: { listId: list.id } }));
    expect(heard).toEqual([{
      type: 'steps', steps: [[{ key: card.id, ...anyVersion, row: expect.objectContaining({ id: card.id, listId: two.id }), insert: [to], delete: [from] }]], end: expect.anything(),
    }]);
  });

  test('F1 who watches 1 loses it and who watches 2 gains it, without help from one another', async () => {
    const [ofOne, ofTwo] = [viewer(), viewer()];
    const [one, two] = [await newList(), await newList()];
    const card = await newCard(one.id, { title: 'Moving' });
    const left = ofOne.live.all('Card', { where: { listId: one.id } });
    const right = ofTwo.live.all('Card', { where: { listId: two.id } });
    await Promise.all([left.ready, right.ready]);
    const move = (listId: number) => server.api.patch('cards', card.id, { listId });
    let heardLeft = opsOf(await ofOne.heard(() => move(two.id)));
    expect(heardLeft).toEqual([{ key: card.id, ...anyVersion, delete: [ofOne.wire.shape({ where: { listId: one.id } })] }]);
    await eventually(() => pluck(right.rows, 'title')).toEqual(['Moving']);
    expect(left.rows).toEqual([]);
    heardLeft = opsOf(await ofOne.heard(() => move(one.id)));
    expect(heardLeft).toEqual([expect.objectContaining({ row: expect.objectContaining({ title: 'Moving' }) })]);
    await eventually(() => right.rows).toEqual([]);
    expect(pluck(left.rows, 'id')).toEqual([card.id]);
  });
});

test('F2 done = true holds 3; 1 becomes done and 3 undone in one transaction: nobody sees both or neither', async () => {
  const eye = viewer();
  const list = await newList();
  const [one, , three] = [await newCard(list.id), await newCard(list.id), await newCard(list.id, { done: true })];
  const done = eye.live.all('Card', { where: { listId: list.id, done: true } });
  await done.ready;
  expect(pluck(done.rows, 'id')).toEqual([three.id]);
  const shown = record(done);
  const swap = (enters: number, leaves: number) => eye.heard(() => server.api.transaction(
    { op: 'update', entity: 'cards', id: enters, values: { done: true } },
    { op: 'update', entity: 'cards', id: leaves, values: { done: false } },
  ));

  const heard = await swap(one.id, three.id);
  const shape = eye.wire.shape({ entity: 'Card' });
  expect(heard).toHaveLength(1);
  expect(opsOf(heard)).toEqual([
    { key: one.id, ...anyVersion, row: expect.objectContaining({ id: one.id, done: true }), insert: [shape] },
    { key: three.id, ...anyVersion, delete: [shape] },
  ]);
  expect(pluck(done.rows, 'id')).toEqual([one.id]);
  expect(shown.diffs.map(ids)).toEqual([{ inserted: [one.id], updated: [], deleted: [three.id] }]);
  await swap(three.id, one.id);
  expect(shown.rows.map((rows) => pluck(rows, 'id'))).toEqual([[one.id], [one.id], [three.id], [three.id]]);
});

describe('F3 an update of columns that a shape does not contain', () => {
  test('F3 causes no message to it; one of the columns that it contains brings these alone', async () => {
    const eye = viewer();
    const list = await newList();
    const card = await newCard(list.id, { title: 'Before' });
    const titles = eye.live.all('Card', { where: { listId: list.id }, columns: ['id', 'title'] });
    await titles.ready;
    expect(titles.rows).toEqual([{ id: card.id, title: 'Before' }]);
    const shown = record(titles);
    const patch = (values: object) => eye.heard(() => server.api.patch('cards', card.id, values));
    expect(await patch({ position: 7, done: true, description: 'Unseen', memberId: 1 })).toEqual([]);
    expect(shown.rows).toEqual([]);

    expect(opsOf(await patch({ title: 'After', position: 8 }))).toEqual([
      { key: card.id, ...anyVersion, set: { title: 'After' }, update: [eye.wire.shape({ columns: ['id', 'title'] })] },
    ]);
    expect(titles.rows).toEqual([{ id: card.id, title: 'After' }]);
    expect(shown.diffs.map(ids)).toEqual([{ inserted: [], updated: [[card.id, 'title']], deleted: [] }]);
  });

  test('F3 a hidden column is in no shape', async () => {
    const eye = viewer();
    const member = await server.api.post('members', { name: 'Before', email: 'before@example.com' });
    const members = eye.live.all('Member');
    await members.ready;
    expect(await eye.heard(() => server.api.patch('members', member.id, { email: 'after@example.com' }))).toEqual([]);
    await eye.heard(() => server.api.patch('members', member.id, { name: 'After', email: 'last@example.com' }));
    expect(members.get(member.id)).toEqual({ id: member.id, name: 'After' });
    expect(eye.wire.text).not.toMatch(/@example\.com|email/i);
  });
});

test('F5 soft delete: the row leaves every shape; undone, it returns', async () => {
  const eye = viewer();
  const list = await newList();
  const [card, other] = [await newCard(list.id, { title: 'Returning' }), await newCard(list.id)];
  const one = eye.live.one('Card', card.id);
  const cards = eye.live.all('Card', { where: { listId: list.id } });
  await Promise.all([one.ready, cards.ready]);
  const before = one.row;
  const shown = record(cards);
  const leaves = () => eventually(() => [one.row, pluck(cards.rows, 'id')]).toEqual([undefined, [other.id]]);
  const returns = () => eventually(() => [one.row, cards.get(card.id), cards.rows.length]).toEqual([before, before, 2]);

  await server.api.delete('cards', card.id);
  await leaves();
  expect([one.status, cards.status]).toEqual(['live', 'live']);
  const late = viewer().live.all('Card', { where: { listId: list.id } });
  await late.ready;
  expect(pluck(late.rows, 'id')).toEqual([other.id]);
  await server.api.patch('cards', card.id, { isDeleted: false });
  await returns();
  await eventually(() => late.get(card.id)).toEqual(before);
  expect(shown.diffs.map(ids)).toEqual([
    { inserted: [], updated: [], deleted: [card.id] },
    { inserted: [card.id], updated: [], deleted: [] },
  ]);

  // While it is deleted, nothing that happens to it is seen; it returns as it is then.
  await server.api.delete('cards', card.id);
  await leaves();
  expect(await eye.heard(() => server.api.patch('cards', card.id, { title: 'Unseen' }))).toEqual([]);
  await server.api.patch('cards', card.id, { title: 'Seen again', isDeleted: false });
  await eventually(() => cards.get(card.id)?.title).toBe('Seen again');
  expect(eye.wire.text).not.toContain('Unseen');
});

test('G1 nothing of a transaction that failed shows, not even with the next one on its connection', async () => {
  const eye = viewer();
  const list = await newList();
  const cards = eye.live.all('Card', { where: { listId: list.id } });
  await cards.ready;
  const shown = record(cards);
  for (let i = 1; i <= 5; i++) {
    const ghost = { op: 'insert', entity: 'cards', values: { listId: list.id, title: `ghost ${i}`, position: i } } as const;
    const missing = { op: 'insert', entity: 'cards', values: { listId: 2_000_000_000, title: 'no such list', position: 1 } } as const;
    await expect(server.api.transaction(ghost, missing)).rejects.toThrow();
    await server.api.transaction({ op: 'insert', entity: 'cards', values: { listId: list.id, title: `real ${i}`, position: i } });
  }
  await eye.mark();
  expect(pluck(cards.rows, 'title')).toEqual([1, 2, 3, 4, 5].map((i) => `real ${i}`));
  expect(shown.diffs).toHaveLength(5);
});
