import { describe, expect, test } from 'vitest';
import { eventually, pluck, record } from './observe.ts';
import type { Stage } from './stage.ts';
import { opsOf } from './wire.ts';

/** C6 to C9 on the sample's server: what is sent for collections, once, and no more than that; in Node and in Chromium. */
export function messageCases(server: Stage): void {
  const { viewer, newList, newCard, newComment } = server;

  const anyVersion = { version: expect.any(Number) };

  describe('C6 close', () => {
    test('C6 close: no further messages for what is closed; the rest goes on', async () => {
      const eye = viewer();
      const [one, two] = [await newList(), await newList()];
      const closing = eye.live.all('Card', { where: { listId: one.id }, label: 'closing' });
      const staying = eye.live.all('Card', { where: { listId: two.id }, label: 'staying' });
      await Promise.all([closing.ready, staying.ready]);
      const card = await newCard(one.id);
      await eventually(() => pluck(closing.rows, 'id')).toEqual([card.id]);
      expect(eye.live.watching('closing')).toBe(true);

      closing.close();
      expect(eye.live.watching('closing')).toBe(false);
      expect(eye.live.watching('staying')).toBe(true);
      expect(closing.status).toBe('closed');
      await eye.settle();
      expect(await eye.heard(() => Promise.all([newCard(one.id), server.api.patch('cards', card.id, { title: 'Unseen' })]))).toEqual([]);
      expect(pluck(closing.rows, 'title')).toEqual(['Card']);
      expect(opsOf(await eye.heard(() => newCard(two.id)))).toHaveLength(1);
      expect(staying.rows).toHaveLength(1);
    });

    test('C6 closeAll: no further messages at all; what is opened later is live', async () => {
      const eye = viewer();
      const list = await newList();
      const cards = eye.live.all('Card', { where: { listId: list.id }, label: 'cards' });
      const lists = eye.live.all('List', { label: 'lists' });
      await Promise.all([cards.ready, lists.ready]);
      expect([eye.live.watching('cards'), eye.live.watching('lists'), eye.live.watching('others')]).toEqual([true, true, false]);
      eye.live.closeAll();
      expect([eye.live.watching('cards'), eye.live.watching('lists')]).toEqual([false, false]);
      expect([cards.status, lists.status, eye.live.status]).toEqual(['closed', 'closed', 'connected']);
      await eye.settle();

      const from = eye.wire.received.length;
      const card = await newCard(list.id);
      await server.api.patch('lists', list.id, { title: 'Unseen' });
      const again = eye.live.all('Card', { where: { listId: list.id }, label: 'cards' });
      await again.ready;
      expect(pluck(again.rows, 'id')).toEqual([card.id]);
      expect(eye.live.watching('cards')).toBe(true);
      expect(opsOf(eye.wire.received.slice(from).flat())).toEqual([expect.objectContaining({ shape: eye.wire.shape({ entity: 'Card' }) })]);
    });

    test('C6 closing the hub ends its connection', async () => {
      const [leaving, staying] = [viewer(), viewer()];
      const cards = leaving.live.all('Card');
      await cards.ready;
      await leaving.live.close();
      expect([leaving.live.status, cards.status]).toEqual(['closed', 'closed']);
      await eventually(() => leaving.wire.isClosed, 'the socket is closed').toBe(true);
      const { length } = leaving.wire.text;
      const list = await newList();
      await staying.heard(() => newCard(list.id));
      expect([leaving.wire.sockets, leaving.wire.text.length]).toEqual([1, length]);
    });
  });

  test('C7 the same thing three times: one subscription on the wire, one message per change, three collections fed', async () => {
    const eye = viewer();
    const list = await newList();
    const target = { entity: 'Card', where: { listId: list.id } };
    const open = () => eye.live.all('Card', { where: { listId: list.id } });
    const [first, second] = [open(), open()];
    await Promise.all([first.ready, second.ready]);
    const card = await newCard(list.id);
    await eventually(() => first.rows).toHaveLength(1);
    const third = open();
    await third.ready;
    expect([first.rows, second.rows, third.rows]).toEqual([[expect.anything()], first.rows, first.rows]);
    await eye.settle();
    expect(eye.wire.asked(target)).toHaveLength(1);

    const shape = eye.wire.shape(target);
    const rename = (title: string) => eye.heard(() => server.api.patch('cards', card.id, { title }));
    const update = (title: string) => [{ type: 'steps', steps: [[{ key: card.id, ...anyVersion, set: { title }, update: [shape] }]], end: expect.anything() }];
    expect(await rename('To three')).toEqual(update('To three'));
    expect([first, second, third].map((c) => pluck(c.rows, 'title'))).toEqual([['To three'], ['To three'], ['To three']]);

    first.close();
    third.close();
    await eye.settle();
    expect(await rename('To one')).toEqual(update('To one'));
    expect(pluck(second.rows, 'title')).toEqual(['To one']);
    const { id } = eye.wire.asked(target)[0]!;
    expect(eye.wire.unsubscribed).not.toContain(id);

    second.close();
    await eye.settle();
    expect(eye.wire.unsubscribed.filter((u) => u === id)).toEqual([id]);
    expect(await rename('To nobody')).toEqual([]);
    expect([first, second, third].map((c) => pluck(c.rows, 'title'))).toEqual([['To three'], ['To one'], ['To three']]);
  });

  test('C8 a row that is seen by id, by foreign key and by schema is sent once per changeset', async () => {
    const eye = viewer();
    const list = await newList();
    const card = await newCard(list.id);
    const byKey = eye.live.one('Card', card.id);
    const byList = eye.live.all('Card', { where: { listId: list.id } });
    const byEntity = eye.live.all('Card');
    await Promise.all([byKey.ready, byList.ready, byEntity.ready]);
    const seen = () => [byKey.row, byList.get(card.id), byEntity.get(card.id)];
    const wire = eye.wire;
    const shapes = [wire.shape({ keys: [card.id] }), wire.shape({ entity: 'Card', where: { listId: list.id } }), wire.asked({ entity: 'Card' })
      .filter((ask) => !ask['keys'] && !ask['where']).map(({ id }) => wire.shape({ id }))[0]!];
    const sorted = (op: unknown, kind: string) => ((op as Record<string, number[]>)[kind] ?? []).toSorted((a, b) => a - b);
    const all = shapes.toSorted((a, b) => a - b);

    const title = `Once ${crypto.randomUUID()}`;
    const updates = opsOf(await eye.heard(() => server.api.patch('cards', card.id, { title })));
    expect(updates).toEqual([{ key: card.id, ...anyVersion, set: { title }, update: expect.any(Array) }]);
    expect(sorted(updates[0], 'update')).toEqual(all);
    expect(wire.text.split(title)).toHaveLength(2);
    expect(seen().map((row) => row?.title)).toEqual([title, title, title]);

    const deletes = opsOf(await eye.heard(() => server.api.delete('cards', card.id)));
    expect(deletes).toEqual([{ key: card.id, ...anyVersion, delete: expect.any(Array) }]);
    expect(sorted(deletes[0], 'delete')).toEqual(all);
    expect(seen()).toEqual([undefined, undefined, undefined]);

    const inserts = opsOf(await eye.heard(() => server.api.patch('cards', card.id, { isDeleted: false })));
    expect(inserts).toEqual([{ key: card.id, ...anyVersion, row: expect.objectContaining({ id: card.id, title }), insert: expect.any(Array) }]);
    expect(sorted(inserts[0], 'insert')).toEqual(all);
    expect(wire.text.split(title)).toHaveLength(3);
    expect(seen().map((row) => row?.title)).toEqual([title, title, title]);
  });

  describe('C9 several writes of one row in one transaction', () => {
    test('C9 insert, update and delete: nothing is visible at all', async () => {
      const eye = viewer();
      const labels = eye.live.all('Label');
      await labels.ready;
      await eye.mark();
      const before = labels.rows.length;
      const heard = await eye.heard(() => server.api.transaction(
        { op: 'insert', entity: 'labels', values: { boardId: 1, name: 'brief' } },
        { op: 'update', entity: 'labels', id: '$0', values: { name: 'briefer' } },
        { op: 'delete', entity: 'labels', id: '$0' },
      ));
      expect(heard).toEqual([]);
      expect(labels.rows).toHaveLength(before);
      expect(eye.wire.text).not.toContain('brief');
    });

    test('C9 insert and updates: the row comes once, as it is in the end', async () => {
      const eye = viewer();
      const list = await newList();
      const cards = eye.live.all('Card', { where: { listId: list.id } });
      await cards.ready;
      const shown = record(cards);
      const heard = await eye.heard(() => server.api.transaction(
        { op: 'insert', entity: 'cards', values: { listId: list.id, title: 'draft' } },
        { op: 'update', entity: 'cards', id: '$0', values: { title: 'second draft', done: true } },
        { op: 'update', entity: 'cards', id: '$0', values: { title: 'final' } },
      ));
      expect(heard).toHaveLength(1);
      expect(opsOf(heard)).toEqual([expect.objectContaining({ row: expect.objectContaining({ title: 'final', done: true }) })]);
      expect(shown.diffs).toEqual([{ inserted: [expect.objectContaining({ title: 'final', done: true })], updated: [], deleted: [] }]);
      expect(eye.wire.text).not.toContain('draft');
    });

    test('C9 a row that there was: changed and changed back is nothing, changed and deleted is a delete', async () => {
      const eye = viewer();
      const list = await newList();
      const [card, comment] = [await newCard(list.id, { title: 'Before' }), await newComment()];
      const one = eye.live.one('Card', card.id);
      const said = eye.live.one('Comment', comment.id);
      await Promise.all([one.ready, said.ready]);
      const nothing = await eye.heard(() => server.api.transaction(
        { op: 'update', entity: 'cards', id: card.id, values: { title: 'Passing' } },
        { op: 'update', entity: 'cards', id: card.id, values: { title: 'Before' } },
      ));
      expect(nothing).toEqual([]);
      const heard = await eye.heard(() => server.api.transaction(
        { op: 'update', entity: 'comments', id: comment.id, values: { text: 'Passing' } },
        { op: 'delete', entity: 'comments', id: comment.id },
      ));
      expect(opsOf(heard)).toEqual([{ key: comment.id, ...anyVersion, delete: [eye.wire.shape({ entity: 'Comment', keys: [comment.id] })] }]);
      expect([one.row?.title, said.row]).toEqual(['Before', undefined]);
      expect(eye.wire.text).not.toContain('Passing');
    });
  });
}
