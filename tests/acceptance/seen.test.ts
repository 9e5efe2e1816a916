import { expect, test } from 'vitest';
import { useBoard } from './use-board.ts';

/** A page knows when it shows what it has saved. */
const server = useBoard();

test('Rule 18: when the transaction of a request is seen, every collection of the hub shows it', async () => {
  const { live } = server.viewer();
  const list = await server.newList();
  const card = await server.newCard(list.id, { title: 'first' });
  const cards = live.all('Card', { where: { listId: list.id } });
  const one = live.one('Card', card.id);
  await Promise.all([cards.ready, one.ready]);
  for (let i = 0; i < 50; i++) {
    const { transaction } = await server.api.send('PATCH', `/api/cards/${card.id}`, { title: `title ${i}` });
    await live.seen(transaction);
    expect([cards.get(card.id)?.title, one.row?.title]).toEqual([`title ${i}`, `title ${i}`]);
  }

  // Rows that have to be read again, too.
  const { transaction } = await server.api.send('POST', '/api/cards/bulk', { where: { listId: list.id }, set: { title: 'bulk' } });
  await live.seen(transaction);
  expect([cards.get(card.id)?.title, one.row?.title]).toEqual(['bulk', 'bulk']);
});

test('Rule 18: what nothing of the hub shows is seen at once, and what nothing has saved has no transaction', async () => {
  const { live } = server.viewer();
  const { transaction } = await server.api.send('POST', '/api/labels', { boardId: 1, name: 'seen by nobody' });
  expect(transaction).toMatch(/^[0-9a-f]{32}$/);
  await live.seen(transaction);
  expect((await server.api.send('GET', '/api/labels')).transaction).toBeNull();
});

test('Rule 18: a transaction that was committed while the connection was away is seen when the rows are back', async () => {
  const viewer = server.viewer();
  const card = await server.newCard((await server.newList()).id);
  const one = viewer.live.one('Card', card.id);
  await one.ready;
  viewer.wire.cut();
  const { transaction } = await server.api.send('PATCH', `/api/cards/${card.id}`, { title: 'meanwhile' });
  const seen = viewer.live.seen(transaction);
  expect(one.status).toBe('stale');
  viewer.wire.restore();
  await seen;
  expect([one.status, one.row?.title]).toEqual(['live', 'meanwhile']);
});

test('G12: a token that is none is refused, and the connection goes on', async () => {
  const viewer = server.viewer();
  await expect(viewer.live.seen('made up')).rejects.toMatchObject({ code: 'unknown_transaction' });
  expect([viewer.live.status, viewer.waits]).toEqual(['connected', 0]);
});
