import { describe, expect, test } from 'vitest';
import { eventually, ids, pluck, record } from './observe.ts';
import type { Stage } from './stage.ts';

/** C1 to C5 and C10 on the sample's server: what collections of the real client show, over real connections, in Node and in Chromium. */
export function collectionCases(server: Stage): void {
  const { viewer, newList, newCard, newComment } = server;

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
