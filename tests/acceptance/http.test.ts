import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBoard } from '../../tools/lib/board.mjs';
import { Api, type SetName } from './api.ts';
import { expectProblem } from './problem.ts';

/** The sample's HTTP contract: one row at a time. */
let board: Awaited<ReturnType<typeof startBoard>>;
let api: Api;

beforeAll(async () => {
  board = await startBoard();
  api = new Api(board.url);
});
afterAll(() => board?.stop());

const newCard = (values: object = {}) => api.post('cards', { listId: 1, title: 'Try it', ...values });
const newList = (title = 'Spare') => api.post('lists', { boardId: 1, title, position: 9 });

describe('the seed', () => {
  test('is 3 boards of tenant demo, 12 lists, 300 cards, 5 members, labels and comments', async () => {
    const counts = Object.fromEntries(
      await Promise.all((['boards', 'lists', 'cards', 'members'] as const).map(async (set) => [set, (await api.list(set)).length])),
    );
    expect(counts).toEqual({ boards: 3, lists: 12, cards: 300, members: 5 });
    expect(new Set((await api.list('boards')).map((b) => b.tenantId))).toEqual(new Set(['demo']));
    expect((await api.list('labels')).length).toBeGreaterThan(10);
    expect((await api.list('comments')).length).toBeGreaterThan(30);
  });

  test('numbers its rows from 1, and the next row goes on after them', async () => {
    expect((await api.list('cards')).map((c) => c.id)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect((await api.post('members', { name: 'Six' })).id).toBe(6);
  });

  test('comes once: after a restart the rows are those that were there', async () => {
    const card = await newCard({ title: 'Survives a restart' });
    await board.restart();
    expect(await api.get('cards', card.id)).toEqual(card);
    expect(await api.list('boards')).toHaveLength(3);
  });
});

describe('GET /api/{set}', () => {
  test.each<SetName>(['boards', 'lists', 'cards', 'comments', 'labels', 'members'])('%s: an array sorted by id', async (set) => {
    const ids = (await api.list(set)).map((row) => row.id);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  test('filters by any column, several at once', async () => {
    const all = await api.list('cards');
    expect(await api.list('cards', { listId: 2 })).toEqual(all.filter((c) => c.listId === 2));
    expect(await api.list('cards', { done: true, memberId: 3 })).toEqual(all.filter((c) => c.done && c.memberId === 3));
    expect(await api.list('cards', { title: 'Logo as SVG' })).toEqual(all.filter((c) => c.title === 'Logo as SVG'));
    expect(await api.list('cards', { estimate: 0.5 })).toEqual(all.filter((c) => c.estimate === 0.5));
    const due = all.find((c) => c.dueAt !== null)?.dueAt ?? '';
    expect(await api.list('cards', { dueAt: due })).toEqual(all.filter((c) => c.dueAt === due));
    const [comment] = await api.list('comments', { limit: 1 });
    expect(await api.list('comments', { id: comment?.id ?? '' })).toEqual([comment]);
  });

  test('filters by null', async () => {
    const all = await api.list('cards');
    expect(await api.list('cards', { memberId: null })).toEqual(all.filter((c) => c.memberId === null));
    expect(await api.list('cards', { dueAt: null, listId: 1 })).toEqual(all.filter((c) => c.dueAt === null && c.listId === 1));
  });

  test.each<SetName>(['cards', 'comments'])('%s: limit and after page through all of it', async (set) => {
    const all = await api.list(set);
    const [first = [], second = []] = [await api.list(set, { limit: 7 }), await api.list(set, { limit: 7, after: all[6]?.id ?? '' })];
    expect([...first, ...second]).toEqual(all.slice(0, 14));
    expect(await api.list(set, { after: all.at(-1)?.id ?? '' })).toEqual([]);
    expect(await api.list(set, { limit: 0 })).toEqual([]);
  });

  test('refuses what it does not know, and names it', async () => {
    expectProblem(await api.send('GET', '/api/cards?colour=red'), 400, 'colour');
    expectProblem(await api.send('GET', '/api/cards?listId=one'), 400, 'listId');
    expectProblem(await api.send('GET', '/api/cards?done=null'), 400, 'done');
    expectProblem(await api.send('GET', '/api/cards?dueAt=tomorrow'), 400, 'dueAt');
    expectProblem(await api.send('GET', '/api/cards?listId=1&listId=2'), 400, 'listId');
    expectProblem(await api.send('GET', '/api/cards?title=%00'), 400, 'title');
    expectProblem(await api.send('GET', '/api/cards?limit=-1'), 400, 'limit');
    expectProblem(await api.send('GET', '/api/cards?after=x'), 400, 'id');
    expectProblem(await api.send('GET', '/api/stickers'), 404);
  });
});

describe('POST /api/{set}', () => {
  test('answers 201 with the row and its place', async () => {
    const answer = await api.send('POST', '/api/cards', { listId: 3, title: 'A card', memberId: 2, position: 1.5, estimate: 2.25, done: true });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      listId: 3, title: 'A card', description: '', done: true, position: 1.5, dueAt: null, memberId: 2, estimate: 2.25, isDeleted: false,
    });
    const { id } = answer.body as { id: number };
    expect(answer.location).toBe(`/api/cards/${id}`);
    expect(await api.get('cards', id)).toEqual(answer.body);
  });

  test('takes every set', async () => {
    const made = await api.post('boards', { name: 'New' });
    const list = await api.post('lists', { boardId: made.id, title: 'New', position: 1 });
    const card = await api.post('cards', { listId: list.id, title: 'New' });
    expect(await api.post('labels', { boardId: made.id, name: 'new', color: '#fff' })).toMatchObject({ name: 'new', color: '#fff' });
    expect(await api.post('members', { name: 'New', email: 'n@example.com' })).toMatchObject({ email: 'n@example.com' });
    const comment = await api.post('comments', { cardId: card.id, memberId: 1, text: 'New' });
    expect(comment.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.now() - Date.parse(comment.createdAt)).toBeLessThan(60_000);
    expect(made.tenantId).toBe('demo');
  });

  test('answers as the database stores it: rounded to the hundredth and the microsecond, in UTC', async () => {
    const card = await newCard({ estimate: 1.005, dueAt: '2026-05-01T10:00:00.1234567+02:00' });
    expect(card).toMatchObject({ estimate: 1.01, dueAt: '2026-05-01T08:00:00.123456Z' });
    expect((await api.sql('cards')).find((c) => c.id === card.id)).toEqual(card);
    expect((await newCard({ dueAt: '2026-05-01T08:00:00' })).dueAt).toBe('2026-05-01T08:00:00.000000Z');
  });

  test('a comment may bring its own id, once', async () => {
    const comment = { id: '7b1d6a54-98a5-4c39-9f64-2f3c6a3ad001', cardId: 1, memberId: 1, text: 'Mine' };
    expect(await api.post('comments', comment)).toMatchObject(comment);
    expectProblem(await api.send('POST', '/api/comments', comment), 409);
    expectProblem(await api.send('POST', '/api/comments', { ...comment, id: 'mine' }), 400, 'id');
    expectProblem(await api.send('POST', '/api/cards', { id: 9000, listId: 1, title: 'x' }), 400, 'id');
  });

  test.each([
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a field of another case', { ListId: 1 }, 'ListId'],
    ['null where there must be a value', { title: null }, 'title'],
    ['a text for a number', { listId: '1' }, 'listId'],
    ['a fraction for a whole number', { listId: 1.5 }, 'listId'],
    ['a whole number beyond 32 bits', { memberId: 3_000_000_000 }, 'memberId'],
    ['a number for a text', { title: 5 }, 'title'],
    ['a text for a boolean', { done: 'yes' }, 'done'],
    ['an object for a value', { title: { text: 'x' } }, 'title'],
    ['a text that is no time', { dueAt: 'tomorrow' }, 'dueAt'],
    ['a number that is too large', { estimate: 100_000_000 }, 'estimate'],
    ['a text that is too long', { title: 'x'.repeat(201) }, 'title'],
    ['a text with U+0000', { title: 'a\0b' }, 'title'],
    ['half of a surrogate pair', { title: '\ud800' }, 'title'],
  ])('refuses %s', async (_, values, field) => {
    expectProblem(await api.send('POST', '/api/cards', { listId: 1, title: 'x', ...values }), 400, field);
    expectProblem(await api.send('PATCH', '/api/cards/1', values), 400, field);
  });

  test('refuses a number beyond every double', async () => {
    expectProblem(await api.send('POST', '/api/cards', '{"listId":1,"title":"x","position":1e999}'), 400, 'position');
  });

  test('counts characters, not UTF-16 units', async () => {
    expect((await newCard({ title: '🌊'.repeat(200) })).title).toHaveLength(400);
  });

  test('names a field that is missing', async () => {
    expectProblem(await api.send('POST', '/api/cards', { title: 'x' }), 400, 'listId');
    expectProblem(await api.send('POST', '/api/comments', { cardId: 1, memberId: 1 }), 400, 'text');
  });

  test('answers 409 when it refers to a row that is not there', async () => {
    expectProblem(await api.send('POST', '/api/cards', { listId: 99_999, title: 'x' }), 409, 'listId');
    expectProblem(await api.send('PATCH', '/api/cards/1', { memberId: 99_999 }), 409, 'memberId');
  });

  test.each([
    ['broken JSON', '{"listId":1,', 400],
    ['a field twice', '{"listId":1,"title":"x","title":"y"}', 400],
    ['nothing', '', 400],
    ['null', 'null', 400],
    ['an array', '[]', 400],
    ['a text', '"card"', 400],
  ])('refuses %s as a body', async (_, body, status) => {
    for (const [method, path] of [['POST', '/api/cards'], ['PATCH', '/api/cards/1'], ['POST', '/api/cards/bulk']] as const) {
      expectProblem(await api.send(method, path, body, { 'content-type': 'application/json' }), status);
    }
  });

  test('refuses what is not JSON', async () => {
    expectProblem(await api.send('POST', '/api/cards', 'title=x', { 'content-type': 'application/x-www-form-urlencoded' }), 415);
    expectProblem(await api.send('POST', '/api/cards'), 415);
  });
});

describe('GET, PATCH and DELETE /api/{set}/{id}', () => {
  test('GET answers 200 or 404, and 404 for what can be no id', async () => {
    expect((await api.send('GET', '/api/lists/1')).status).toBe(200);
    for (const path of ['cards/99999', 'cards/99999999999', 'cards/one', 'comments/1', 'comments/7b1d6a54-98a5-4c39-9f64-000000000000']) {
      for (const method of ['GET', 'DELETE']) expectProblem(await api.send(method, `/api/${path}`), 404);
      expectProblem(await api.send('PATCH', `/api/${path}`, {}), 404);
    }
  });

  test('PATCH merges: named fields are set, null sets null, the others stay', async () => {
    const card = await newCard({ memberId: 1, estimate: 2, description: 'Keep me' });
    const changed = { ...card, memberId: null, title: 'Other' };
    expect(await api.patch('cards', card.id, { memberId: null, title: 'Other' })).toEqual(changed);
    expect(await api.get('cards', card.id)).toEqual(changed);
    expect(await api.patch('cards', card.id, {})).toEqual(changed);
    expect((await api.send('PATCH', `/api/cards/${card.id}`, { done: true }, { 'content-type': 'application/merge-patch+json' })).status).toBe(200);
  });

  test('PATCH cannot change an id, and a refusal changes nothing', async () => {
    const card = await newCard();
    expectProblem(await api.send('PATCH', `/api/cards/${card.id}`, { title: 'Lost', id: 5 }), 400, 'id');
    expectProblem(await api.send('PATCH', `/api/cards/${card.id}`, { title: 'Lost', colour: 'red' }), 400, 'colour');
    expect(await api.get('cards', card.id)).toEqual(card);
  });

  test('DELETE answers 204, then 404', async () => {
    const list = await newList();
    expect(await api.send('DELETE', `/api/lists/${list.id}`)).toMatchObject({ status: 204, body: undefined });
    expectProblem(await api.send('DELETE', `/api/lists/${list.id}`), 404);
    expectProblem(await api.send('GET', `/api/lists/${list.id}`), 404);
  });

  test('DELETE of a card hides it; PATCH isDeleted false brings it back', async () => {
    const card = await newCard();
    await api.delete('cards', card.id);
    expectProblem(await api.send('GET', `/api/cards/${card.id}`), 404);
    expectProblem(await api.send('DELETE', `/api/cards/${card.id}`), 404);
    expect((await api.list('cards')).some((c) => c.id === card.id)).toBe(false);
    expect((await api.sql('cards')).find((c) => c.id === card.id)).toEqual({ ...card, isDeleted: true });
    expect(await api.patch('cards', card.id, { isDeleted: false })).toEqual(card);
    expect(await api.get('cards', card.id)).toEqual(card);
  });

  test('a method that a path does not have is refused with problem+json', async () => {
    expectProblem(await api.send('POST', '/api/cards/1', {}), 405);
    expectProblem(await api.send('GET', '/api/nothing/here'), 404);
  });
});

test('GET /health answers 200', async () => {
  expect(await api.send('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
});
