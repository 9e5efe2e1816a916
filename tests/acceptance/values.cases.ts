import { expect, test } from 'vitest';
import { eventually } from './observe.ts';
import type { Card } from './schema.ts';
import type { Server } from './use-board.ts';

/** What is written, in JSON of the API, and what must arrive, in JSON of the protocol. */
const VALUES: [what: string, written: object, arrives: Partial<Card>][] = [
  ['null', { memberId: null, dueAt: null, estimate: null }, { memberId: null, dueAt: null, estimate: null }],
  ['a Boolean and an integer', { done: true, memberId: 3 }, { done: true, memberId: 3 }],
  ['a decimal, exactly and with its zeros', { estimate: 12_345_678.9 }, { estimate: '12345678.90' }],
  ['a negative decimal', { estimate: -0.01 }, { estimate: '-0.01' }],
  ['a decimal of nought', { estimate: 0 }, { estimate: '0.00' }],
  ['a time with an offset, to the microsecond', { dueAt: '2027-03-01T12:30:45.123456+02:00' }, { dueAt: '2027-03-01T10:30:45.123456Z' }],
  ['a time before 1970 without a fraction', { dueAt: '1969-07-20T20:17:40Z' }, { dueAt: '1969-07-20T20:17:40.000000Z' }],
  ['a double that is no round decimal', { position: 0.1 + 0.2 }, { position: 0.1 + 0.2 }],
  ['the largest double', { position: Number.MAX_VALUE }, { position: Number.MAX_VALUE }],
  ['the smallest double', { position: -Number.MIN_VALUE }, { position: -Number.MIN_VALUE }],
  ['text of every kind', { title: 'a"\\/\u0001\u001e<&>\t\u2028é漢👩‍👩‍👧' }, { title: 'a"\\/\u0001\u001e<&>\t\u2028é漢👩‍👩‍👧' }],
  ['an empty text', { title: '' }, { title: '' }],
  ['a text of 10,000 characters', { description: '漢'.repeat(10_000) }, { description: '漢'.repeat(10_000) }],
];

/** C10 as far as the sample's types go. */
export function valueCases(server: Server): void {
  const { viewer, newList, newCard } = server;

  test.each(VALUES)('C10 %s arrives without loss: in an insert, in an update and in a snapshot', async (_, written, arrives) => {
    const list = await newList();
    const { live } = viewer();
    const cards = live.all('Card', { where: { listId: list.id } });
    await cards.ready;
    const inserted = await newCard(list.id, written);
    const updated = await newCard(list.id, { title: 'Before', done: false, memberId: 1, position: 1, estimate: 1, dueAt: '2027-01-01T00:00:00Z' });
    await server.api.patch('cards', updated.id, written);
    await eventually(() => [cards.get(inserted.id), cards.get(updated.id)]).toEqual([expect.objectContaining(arrives), expect.objectContaining(arrives)]);

    const snapshot = viewer().live.all('Card', { where: { listId: list.id } });
    await snapshot.ready;
    expect(new Set(snapshot.rows)).toEqual(new Set(cards.rows));
    expect(snapshot.get(inserted.id)).toMatchObject(arrives);
  });

  test('C10 a Guid arrives in lower case and is found in any; a time that the database made arrives as it stored it', async () => {
    const { live } = viewer();
    const id = crypto.randomUUID();
    const byKey = live.one('Comment', id.toUpperCase());
    const byId = live.all('Comment', { where: { id: id.toUpperCase() } });
    await Promise.all([byKey.ready, byId.ready]);
    const comment = await server.api.post('comments', { id: id.toUpperCase(), cardId: 1, memberId: 1, text: 'Now' });
    await eventually(() => byKey.row).toEqual(comment);
    expect(byKey.row?.id).toBe(id);
    expect(byKey.row?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(byId.rows).toEqual([comment]);
    expect((await server.api.sql('comments')).find((row) => row.id === id)).toEqual(byKey.row);
  });

  test('C10 a composite key: found by an object of its columns, and its rows come and go', async () => {
    const { live } = viewer();
    const list = await newList();
    const card = await newCard(list.id);
    const [first, second] = [await server.api.post('labels', { boardId: 1, name: 'One' }), await server.api.post('labels', { boardId: 1, name: 'Two' })];
    const key = { cardId: card.id, labelId: first.id };
    const other = { labelId: second.id, cardId: card.id };
    const one = live.one('CardLabel', key);
    const many = live.many('CardLabel', [other, key]);
    const all = live.all('CardLabel', { where: { cardId: card.id } });
    await Promise.all([one.ready, many.ready, all.ready]);
    await server.api.addLabel(card.id, first.id);
    await eventually(() => one.row).toEqual(key);
    await server.api.addLabel(card.id, second.id);
    await eventually(() => many.rows).toEqual([other, key]);
    expect(all.get(other)).toEqual(other);
    await server.api.removeLabel(card.id, first.id);
    await eventually(() => one.row).toBeUndefined();
    expect([many.rows, all.rows]).toEqual([[other], [other]]);
  });

  test('C10 rows are found by values of every type, in snapshots and in what comes later', async () => {
    const { live } = viewer();
    const list = await newList();
    const values = { title: 'C10 "quoted"', done: true, position: 0.1 + 0.2, memberId: 2, estimate: 1.5, dueAt: '2027-03-01T12:30:45.123456+02:00' };
    const before = await newCard(list.id, values);
    const inList = { listId: list.id };
    const filters = [
      { title: values.title }, { done: true }, { position: values.position }, { memberId: 2 }, { memberId: { in: [2, null] } },
      { estimate: '1.5' }, { estimate: '1.50' }, { dueAt: '2027-03-01T10:30:45.123456Z' }, { dueAt: values.dueAt },
    ];
    const found = filters.map((filter) => live.all('Card', { where: { ...filter, ...inList } }));
    const empty = live.all('Card', { where: { ...inList, memberId: null, dueAt: null, estimate: null } });
    await Promise.all([...found, empty].map((c) => c.ready));
    expect(found.map((c) => c.rows.length)).toEqual(filters.map(() => 1));
    expect(empty.rows).toEqual([]);
    const after = await newCard(list.id, values);
    const blank = await newCard(list.id);
    await eventually(() => empty.rows.map((row) => row.id)).toEqual([blank.id]);
    // { in: [2, null] } finds the blank card too.
    expect(found.map((c) => c.rows.map((row) => row.id))).toEqual(filters.map((_, i) => [before.id, after.id, ...(i === 4 ? [blank.id] : [])]));
  });
}
