import { describe, expect, test } from 'vitest';
import { eventually, ids, pluck, record } from './observe.ts';
import type { Stage } from './stage.ts';
import { opsOf } from './wire.ts';

/** C1 to C10 on the sample's server: collections of the real client over real connections, in Node and in Chromium. */
export function collectionCases(server: Stage): void {
  const { viewer, newList, newCard } = server;

  const newComment = (values: object = {}) => server.api.post('comments', { cardId: 1, memberId: 1, text: 'Text', ...values });
  const anyVersion = { version: expect.any(Number) };

  test('C1 one: a row that is renamed shows its new name, and a diff listener sees the changed column', async () => {
    const board = await server.api.post('boards', { name: 'Old' });
    const one = viewer().live.one('Board', board.id);
    await one.ready;
    expect(one.row).toEqual(board);
    const shown = record(one);
    await server.api.patch('boards', board.id, { name: 'New' });
    await eventually(() => one.row?.name).toBe('New');
    expect(one.row).toEqual({ ...board, name: 'New' });
    expect(shown.diffs).toEqual([{ inserted: [], updated: [{ row: one.row, columns: ['name'] }], deleted: [] }]);
  });

  describe('C2 one: a deleted row leaves undefined and status live, and comes back when it is inserted again', () => {
    test('C2 with the same id', async () => {
      const id = crypto.randomUUID();
      const first = await newComment({ id, text: 'First' });
      const one = viewer().live.one('Comment', id);
      await one.ready;
      expect(one.row).toEqual(first);
      const shown = record(one);
      await server.api.delete('comments', id);
      await eventually(() => one.row).toBeUndefined();
      expect(one.status).toBe('live');
      const second = await newComment({ id, text: 'Second' });
      await eventually(() => one.row).toEqual(second);
      await server.api.patch('comments', id, { text: 'Third' });
      await eventually(() => one.row?.text).toBe('Third');
      expect(shown.diffs.map(ids)).toEqual([
        { inserted: [], updated: [], deleted: [id] },
        { inserted: [id], updated: [], deleted: [] },
        { inserted: [], updated: [[id, 'text']], deleted: [] },
      ]);
      expect(new Set(shown.statuses)).toEqual(new Set(['live']));
    });

    test('C2 by undoing a soft delete', async () => {
      const list = await newList();
      const card = await newCard(list.id);
      const one = viewer().live.one('Card', card.id);
      await one.ready;
      const before = one.row;
      const shown = record(one);
      await server.api.delete('cards', card.id);
      await eventually(() => one.row).toBeUndefined();
      expect(one.status).toBe('live');
      await server.api.patch('cards', card.id, { isDeleted: false });
      await eventually(() => one.row).toEqual(before);
      expect(new Set(shown.statuses)).toEqual(new Set(['live']));
    });

    test('C2 when the row was never there', async () => {
      const id = crypto.randomUUID();
      const one = viewer().live.one('Comment', id);
      await one.ready;
      expect([one.row, one.status]).toEqual([undefined, 'live']);
      const comment = await newComment({ id });
      await eventually(() => one.row).toEqual(comment);
    });
  });

  describe('C3 all', () => {
    test('C3 all: an insert adds the row', async () => {
      const comments = viewer().live.all('Comment');
      await comments.ready;
      const before = comments.rows;
      expect(new Set(pluck(before, 'id'))).toEqual(new Set(pluck(await server.api.sql('comments'), 'id')));
      const comment = await newComment();
      await eventually(() => comments.get(comment.id)).toEqual(comment);
      expect(comments.rows).toEqual([...before, comment]);
    });

    test('C3 all with where: an insert by member 1 adds the row, one by member 2 causes no message at all', async () => {
      const eye = viewer();
      const comments = eye.live.all('Comment', { where: { memberId: 1 } });
      await comments.ready;
      const before = comments.rows;
      expect(before.length).toBeGreaterThan(0);
      expect(new Set(pluck(before, 'memberId'))).toEqual(new Set([1]));

      const mine = await newComment({ memberId: 1 });
      await eventually(() => comments.get(mine.id)).toEqual(mine);
      expect(comments.rows).toEqual([...before, mine]);

      const shown = record(comments);
      const ofOthers = await eye.heard(async () => {
        const { id } = await newComment({ memberId: 2 });
        await server.api.patch('comments', id, { text: 'Changed' });
        await server.api.delete('comments', id);
      });
      expect(ofOthers).toEqual([]);
      expect(shown.rows).toEqual([]);
    });
  });

  test('C4 many: keeps the order asked for; missing rows are left out and appear in their place when they come to exist', async () => {
    const { live } = viewer();
    const [first, second, third] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    await newComment({ id: first });
    await newComment({ id: third });
    const comments = live.many('Comment', [third, first, second]);
    const last = live.many('Comment', [second, third]);
    await Promise.all([comments.ready, last.ready]);
    expect(pluck(comments.rows, 'id')).toEqual([third, first]);
    await newComment({ id: second });
    await eventually(() => pluck(comments.rows, 'id')).toEqual([third, first, second]);
    expect(pluck(last.rows, 'id')).toEqual([second, third]);

    const list = await newList();
    const [one, two, three] = [await newCard(list.id), await newCard(list.id), await newCard(list.id)];
    const cards = live.many('Card', [three.id, one.id, two.id]);
    await cards.ready;
    expect(pluck(cards.rows, 'id')).toEqual([three.id, one.id, two.id]);
    await server.api.delete('cards', one.id);
    await eventually(() => pluck(cards.rows, 'id')).toEqual([three.id, two.id]);
    await server.api.patch('cards', two.id, { title: 'Changed' });
    await eventually(() => cards.get(two.id)?.title).toBe('Changed');
    await server.api.patch('cards', one.id, { isDeleted: false });
    await eventually(() => pluck(cards.rows, 'id')).toEqual([three.id, one.id, two.id]);
  });

  test('C5 a label that is used again for another target: changes of the first no longer show', async () => {
    const eye = viewer();
    const [former, latter] = [await newList(), await newList()];
    const first = eye.live.all('Card', { where: { listId: former.id }, label: 'cards' });
    await first.ready;
    const second = eye.live.all('Card', { where: { listId: latter.id }, label: 'cards' });
    await second.ready;
    expect(first.status).toBe('closed');
    expect(await eye.heard(() => newCard(former.id))).toEqual([]);
    expect([first.rows, second.rows]).toEqual([[], []]);
    const card = await newCard(latter.id);
    await eventually(() => pluck(second.rows, 'id')).toEqual([card.id]);
    expect(eye.live.watching('cards')).toBe(true);
  });

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
}
