import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBoard } from '../../tools/lib/board.mjs';
import { Api, type Operation } from './api.ts';
import { expectProblem } from './problem.ts';

/** The sample's HTTP contract: writes that touch several rows. */
let board: Awaited<ReturnType<typeof startBoard>>;
let api: Api;

beforeAll(async () => {
  board = await startBoard();
  api = new Api(board.url);
});
afterAll(() => board?.stop());

const insertCard = (values: object = {}): Operation => ({ op: 'insert', entity: 'cards', values: { listId: 1, title: 'In a transaction', ...values } });

describe('PUT and DELETE /api/cards/{id}/labels/{labelId}', () => {
  const wearers = async (labelId: number) => (await api.sql('cardLabels')).filter((l) => l.labelId === labelId).map((l) => l.cardId);

  test('put a label on a card, as often as one likes, and take it off', async () => {
    const label = await api.post('labels', { boardId: 1, name: 'fresh' });
    const path = `/api/cards/5/labels/${label.id}`;
    expect((await api.send('PUT', path)).status).toBe(204);
    expect((await api.send('PUT', path)).status).toBe(204);
    expect(await wearers(label.id)).toEqual([5]);
    expect((await api.send('DELETE', path)).status).toBe(204);
    expect(await wearers(label.id)).toEqual([]);
    expectProblem(await api.send('DELETE', path), 404);
  });

  test('several at once are all answered 204', async () => {
    const label = await api.post('labels', { boardId: 1, name: 'contested' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.send('PUT', `/api/cards/6/labels/${label.id}`)));
    expect(new Set(answers.map((a) => a.status))).toEqual(new Set([204]));
    expect(await wearers(label.id)).toEqual([6]);
  });

  test('answer 404 where the card or the label is not there', async () => {
    const card = await api.post('cards', { listId: 1, title: 'Gone' });
    await api.delete('cards', card.id);
    for (const path of ['99999/labels/1', '1/labels/99999', 'one/labels/1', `${card.id}/labels/1`]) {
      for (const method of ['PUT', 'DELETE']) expectProblem(await api.send(method, `/api/cards/${path}`), 404);
    }
  });
});

describe('POST /api/transaction', () => {
  test('runs in order and answers with entity, id and row of each operation', async () => {
    const outcomes = await api.transaction(
      { op: 'insert', entity: 'lists', values: { boardId: 1, title: 'Made here', position: 7 } },
      insertCard({ listId: '$0' }),
      { op: 'insert', entity: 'comments', values: { cardId: '$1', memberId: 1, text: '$0 is text here' } },
      { op: 'update', entity: 'cards', id: '$1', values: { done: true } },
      { op: 'delete', entity: 'comments', id: '$2' },
    );
    const [list, card, comment] = outcomes;
    expect(outcomes.map((o) => o.entity)).toEqual(['lists', 'cards', 'comments', 'cards', 'comments']);
    expect(card?.row).toMatchObject({ id: card?.id, listId: list?.id, done: false });
    expect(comment?.row).toMatchObject({ id: comment?.id, cardId: card?.id, text: '$0 is text here' });
    expect(outcomes[3]).toEqual({ entity: 'cards', id: card?.id, row: { ...card?.row, done: true } });
    expect(outcomes[4]).toEqual({ entity: 'comments', id: comment?.id, row: null });
    expect(await api.get('cards', Number(card?.id))).toEqual(outcomes[3]?.row);
    expectProblem(await api.send('GET', `/api/comments/${comment?.id}`), 404);
  });

  test('deletes cards softly, restores them, and takes an own id for a comment', async () => {
    const id = 'aaaaaaaa-0000-4000-8000-000000000001';
    const [card, , back, comment] = await api.transaction(
      insertCard(),
      { op: 'delete', entity: 'cards', id: '$0' },
      { op: 'update', entity: 'cards', id: '$0', values: { isDeleted: false } },
      { op: 'insert', entity: 'comments', id, values: { cardId: '$0', memberId: 2, text: 'Back' } },
    );
    expect(back?.row).toEqual(card?.row);
    expect(comment?.id).toBe(id);
  });

  test('an insert, update and delete of one row leave nothing', async () => {
    const [label] = await api.transaction(
      { op: 'insert', entity: 'labels', values: { boardId: 1, name: 'brief', color: '#000' } },
      { op: 'update', entity: 'labels', id: '$0', values: { name: 'briefer' } },
      { op: 'delete', entity: 'labels', id: '$0' },
    );
    expect((await api.sql('labels')).some((l) => l.id === label?.id)).toBe(false);
  });

  test('without operations answers an empty array', async () => {
    expect(await api.transaction()).toEqual([]);
  });

  test.each<[string, number, string, unknown]>([
    ['an unknown field', 400, 'colour', insertCard({ colour: 'red' })],
    ['a wrong type', 400, 'title', insertCard({ title: 5 })],
    ['a missing field', 400, 'title', { op: 'insert', entity: 'cards', values: { listId: 1 } }],
    ['an id for a generated key', 400, 'id', { op: 'insert', entity: 'cards', id: 9, values: { listId: 1, title: 'x' } }],
    ['an unknown entity', 400, 'stickers', { op: 'insert', entity: 'stickers', values: {} }],
    ['an unknown operation', 400, 'op', { op: 'upsert', entity: 'cards', id: 1, values: {} }],
    ['an unknown part of an operation', 400, 'operation', { ...insertCard(), where: {} }],
    ['no id', 400, 'id', { op: 'update', entity: 'cards', values: {} }],
    ['an id of a wrong type', 400, 'id', { op: 'delete', entity: 'cards', id: 'one' }],
    ['an operation that is null', 400, 'operation', null],
    ['an operation that is a text', 400, 'operation', 'insert'],
    ['a reference to an operation that has not run', 400, '$1', insertCard({ memberId: '$1' })],
    ['half of a surrogate pair as a value', 400, 'dueAt', insertCard({ dueAt: '\ud800' })],
    ['half of a surrogate pair as an id', 400, 'id', { op: 'delete', entity: 'cards', id: '\ud800' }],
    ['a reference of a wrong type', 400, 'dueAt', insertCard({ dueAt: '$0' })],
    ['a row that is not there', 404, '99999', { op: 'update', entity: 'cards', id: 99_999, values: {} }],
    ['a delete of a row that is not there', 404, '99999', { op: 'delete', entity: 'lists', id: 99_999 }],
    ['a reference to a row that is not there', 409, 'memberId', insertCard({ memberId: 99_999 })],
    ['a member who has written comments', 409, 'memberId', { op: 'delete', entity: 'members', id: 1 }],
  ])('refuses %s, names its index and rolls everything back', async (_, status, named, operation) => {
    const before = await api.sql('cards');
    const problem = expectProblem(await api.send('POST', '/api/transaction', [insertCard(), operation, insertCard()]), status, named);
    expect(problem.index).toBe(1);
    expect(problem.detail).toContain('Operation 1');
    expect(await api.sql('cards')).toEqual(before);
  });

  test('refuses a body that is no array of operations', async () => {
    for (const body of ['{}', 'null', '', '[{]', '5']) expectProblem(await api.send('POST', '/api/transaction', body), 400);
  });
});

describe('POST /api/cards/bulk', () => {
  test('sets fields of all cards that match and says how many', async () => {
    const list = await api.post('lists', { boardId: 1, title: 'Bulk', position: 8 });
    for (const memberId of [1, 2, null]) await api.post('cards', { listId: list.id, title: 'Bulk', memberId });
    expect(await api.bulk({ listId: list.id }, { done: true, estimate: 1.5, dueAt: '2027-01-01T00:00:00Z' })).toEqual({ updated: 3 });
    expect(await api.bulk({ listId: list.id, memberId: null }, { title: 'Free', memberId: 3 })).toEqual({ updated: 1 });
    expect(await api.bulk({ listId: list.id, memberId: 1 }, { memberId: null, estimate: null })).toEqual({ updated: 1 });
    expect(await api.bulk({ listId: 99_999 }, { done: true })).toEqual({ updated: 0 });
    const shown = (await api.list('cards', { listId: list.id })).map(({ title, done, memberId, estimate }) => [title, done, memberId, estimate]);
    expect(shown).toEqual([['Bulk', true, null, null], ['Bulk', true, 2, 1.5], ['Free', true, 3, 1.5]]);
  });

  test('leaves soft-deleted cards alone', async () => {
    const card = await api.post('cards', { listId: 1, title: 'Hidden from bulk' });
    await api.delete('cards', card.id);
    expect(await api.bulk({ title: card.title }, { done: true })).toEqual({ updated: 0 });
  });

  test.each<[string, number, string, unknown]>([
    ['an unknown field to match', 400, 'colour', { where: { colour: 'red' }, set: { done: true } }],
    ['an unknown field to set', 400, 'colour', { where: { listId: 1 }, set: { colour: 'red' } }],
    ['a wrong type', 400, 'done', { where: { listId: 1 }, set: { done: 1 } }],
    ['null for a value that must be', 400, 'title', { where: { listId: 1 }, set: { title: null } }],
    ['an id to set', 400, 'id', { where: { listId: 1 }, set: { id: 5 } }],
    ['nothing to set', 400, 'set', { where: { listId: 1 }, set: {} }],
    ['no condition', 400, 'where', { set: { done: true } }],
    ['a member who is not there', 409, 'memberId', { where: { listId: 1 }, set: { memberId: 99_999 } }],
    ['an unknown part', 400, 'JSON', { where: {}, set: { done: true }, limit: 1 }],
  ])('refuses %s', async (_, status, named, body) => {
    const before = await api.sql('cards');
    expectProblem(await api.send('POST', '/api/cards/bulk', body), status, named);
    expect(await api.sql('cards')).toEqual(before);
  });
});

describe('deletes take what belongs to the row along', () => {
  /** A board with a list, a label, and two cards that wear it and have a comment; the second is soft-deleted. */
  async function smallBoard() {
    const made = await api.post('boards', { name: 'Small' });
    const list = await api.post('lists', { boardId: made.id, title: 'Only', position: 1 });
    const label = await api.post('labels', { boardId: made.id, name: 'tag' });
    const cards = [await api.post('cards', { listId: list.id, title: 'Shown' }), await api.post('cards', { listId: list.id, title: 'Hidden' })];
    for (const card of cards) {
      await api.post('comments', { cardId: card.id, memberId: 1, text: 'Hello' });
      await api.addLabel(card.id, label.id);
    }
    await api.delete('cards', Number(cards[1]?.id));
    return { board: made, list, label, cardIds: cards.map((c) => c.id) };
  }

  async function left({ board: made, cardIds }: Awaited<ReturnType<typeof smallBoard>>) {
    return {
      lists: (await api.sql('lists')).filter((l) => l.boardId === made.id).length,
      labels: (await api.sql('labels')).filter((l) => l.boardId === made.id).length,
      cards: (await api.sql('cards')).filter((c) => cardIds.includes(c.id)).length,
      comments: (await api.sql('comments')).filter((c) => cardIds.includes(c.cardId)).length,
      cardLabels: (await api.sql('cardLabels')).filter((l) => cardIds.includes(l.cardId)).length,
    };
  }

  test('a board: everything on it', async () => {
    const small = await smallBoard();
    await api.delete('boards', small.board.id);
    expect(await left(small)).toEqual({ lists: 0, labels: 0, cards: 0, comments: 0, cardLabels: 0 });
  });

  test('a list: its cards, soft-deleted ones too', async () => {
    const small = await smallBoard();
    await api.delete('lists', small.list.id);
    expect(await left(small)).toEqual({ lists: 0, labels: 1, cards: 0, comments: 0, cardLabels: 0 });
  });

  test('a label: its places on cards', async () => {
    const small = await smallBoard();
    await api.delete('labels', small.label.id);
    expect(await left(small)).toEqual({ lists: 1, labels: 0, cards: 2, comments: 2, cardLabels: 0 });
  });

  test('a member: cards are nobody\'s then; 409 as long as there are comments', async () => {
    const small = await smallBoard();
    const member = await api.post('members', { name: 'Leaving' });
    for (const id of small.cardIds) await api.patch('cards', id, { memberId: member.id });
    const comment = await api.post('comments', { cardId: small.cardIds[0] ?? 0, memberId: member.id, text: 'Bye' });
    expectProblem(await api.send('DELETE', `/api/members/${member.id}`), 409, 'memberId');
    await api.delete('comments', comment.id);
    await api.delete('members', member.id);
    expect((await api.sql('cards')).filter((c) => small.cardIds.includes(c.id)).map((c) => c.memberId)).toEqual([null, null]);
  });
});

test('GET /api/sql/{set} shows every set as the API does, and every row', async () => {
  for (const set of ['boards', 'lists', 'comments', 'labels', 'members'] as const) expect(await api.sql(set)).toEqual(await api.list(set));
  expect((await api.sql('cards')).filter((c) => !c.isDeleted)).toEqual(await api.list('cards'));
  expect((await api.sql('cardLabels'))[0]).toEqual({ cardId: expect.any(Number), labelId: expect.any(Number) });
  expectProblem(await api.send('GET', '/api/sql/stickers'), 404);
});
