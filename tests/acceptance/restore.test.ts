import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startBoard } from '../../tools/lib/board.mjs';
import { formatConnectionString } from '../../tools/lib/connection-string.mjs';
import { startCluster } from '../../tools/lib/postgres/cluster.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { makeTempFolder, removeTempFolder } from '../../tools/lib/temp.mjs';
import { Line } from '../gate/line.mjs';
import { Api } from './api.ts';
import { asShown } from './checks.ts';
import { runSql } from './database.ts';
import { nodeWebSocket } from './node-socket.ts';
import { byId, eventually, ids, pluck, record } from './observe.ts';
import { stageOf } from './stage.ts';

/** A PostgreSQL of this test's own, whose data is put back to what it was, at the same address. */
const shutdown = new Shutdown();
const folder = makeTempFolder();
const data = path.join(folder, 'postgres');
const backup = path.join(folder, 'backup');
let cluster: Awaited<ReturnType<typeof startCluster>>;
let line: Line;
let board: Awaited<ReturnType<typeof startBoard>>;
let api: Api;
const stage = stageOf(() => api, nodeWebSocket);

const start = async () => {
  cluster = await startCluster(folder, { durable: false, shutdown });
  return `http://127.0.0.1:${cluster.server.port}`;
};

beforeAll(async () => {
  line = await Line.to(await start());
  // A log that soon has forgotten where a client was.
  board = await startBoard({ settings: { 'LiveHub:LogRetention:Count': '20' }, postgres: formatConnectionString({ ...cluster.server, port: Number(new URL(line.url).port), database: 'postgres' }) });
  api = new Api(board.url);
});
afterEach(stage.leave);
afterAll(async () => {
  await board?.stop();
  await line?.close();
  await shutdown.run();
  removeTempFolder(folder);
});

test('S2 offline for longer than the log reaches back: reset, and only rows that differ are touched', async () => {
  const list = await stage.newList();
  const cards = await Promise.all(Array.from({ length: 50 }, (_, i) => stage.newCard(list.id, { title: `card ${i}` })));
  const [changed, gone, ...others] = cards.map(({ id }) => id);
  const eye = stage.viewer();
  const all = eye.live.all('Card', { where: { listId: list.id } });
  const calm = eye.live.many('Card', others);
  await Promise.all([all.ready, calm.ready]);
  const [shown, calmShown, before, calmBefore] = [record(all), record(calm), others.map((id) => all.get(id)), calm.rows];
  const from = eye.wire.received.length;
  eye.wire.cut();
  await eventually(() => [all.status, calm.status]).toEqual(['stale', 'stale']);
  for (let i = 1; i <= 30; i++) await api.patch('cards', changed!, { title: `changed ${i}` });
  await api.delete('cards', gone!);
  const added = await stage.newCard(list.id, { title: 'added' });
  eye.wire.restore();
  await eventually(() => [all.status, calm.status]).toEqual(['live', 'live']);
  const came = eye.wire.received.slice(from).flat();
  expect(came.filter(({ type }) => type === 'subscribed').map((message) => message['resumed'])).toEqual([undefined, undefined]);
  expect(shown.diffs.map(ids)).toEqual([{ inserted: [added.id], updated: [[changed, 'title']], deleted: [gone] }]);
  expect([shown.statuses, calmShown.statuses, calmShown.diffs]).toEqual([['stale', 'live'], ['stale', 'live'], []]);
  expect(others.map((id) => all.get(id)).every((row, i) => row === before[i])).toBe(true);
  expect(shown.rows.every((rows) => before.every((row) => rows.includes(row as never)))).toBe(true);
  expect(calm.rows).toBe(calmBefore);
});

test('Rule 8: a backup that is put back under connected clients is noticed: they show its rows and follow them, whatever they knew', async () => {
  const list = await stage.newList();
  const [changed, gone, same] = [await stage.newCard(list.id, { title: 'as it was' }), await stage.newCard(list.id, { title: 'gone' }), await stage.newCard(list.id, { title: 'same' })];
  await board.kill();
  await cluster.stop();
  // With its owner: PostgreSQL takes no other's files.
  execFileSync('cp', ['-a', data, backup]);
  line.turnTo(await start());
  await board.start();

  const eye = stage.viewer();
  const cards = eye.live.all('Card', { where: { listId: list.id } });
  const one = eye.live.one('Card', changed.id);
  await Promise.all([cards.ready, one.ready]);
  // What is forgotten by the backup: an insert, a delete, and versions above all that it will come to for long.
  const added = await stage.newCard(list.id, { title: 'added' });
  await api.delete('cards', gone.id);
  await runSql(board.connectionString, ['create table "Bulk" as select generate_series(1, 100000) as n']);
  for (const title of ['newer', 'newest']) await api.patch('cards', changed.id, { title });
  for (const title of ['another', 'same']) await api.patch('cards', same.id, { title });
  // Its snapshot shows transactions whose numbers will be given once more.
  const late = eye.live.all('Card', { where: { listId: list.id }, columns: ['title'] });
  await late.ready;
  await eventually(() => cards.rows.map(({ title }) => title).toSorted()).toEqual(['added', 'newest', 'same']);
  const [before, shown] = [cards.get(same.id), record(cards)];

  line.cut();
  await cluster.stop();
  rmSync(data, { recursive: true });
  renameSync(backup, data);
  line.turnTo(await start());
  line.restore();
  // Whoever asks the database next finds out; connections of before fail first.
  await expect.poll(async () => (await api.send('PATCH', `/api/cards/${changed.id}`, { position: 1 })).status, { timeout: 20_000 }).toBe(200);

  await eventually(() => [cards.status, one.status, late.status], 'all are live').toEqual(['live', 'live', 'live']);
  const inSql = async () => (await api.sql('cards')).filter(({ listId, isDeleted }) => listId === list.id && !isDeleted).map(asShown);
  await eventually(() => cards.rows.toSorted(byId)).toEqual(await inSql());
  expect(pluck(cards.rows.toSorted(byId), 'title')).toEqual(['as it was', 'gone', 'same']);
  expect([one.row?.title, cards.get(added.id), late.rows.length]).toEqual(['as it was', undefined, 3]);
  const epochs = eye.wire.received.flat().filter(({ type }) => type === 'welcome').map((welcome) => welcome['epoch']);
  expect(new Set(epochs).size).toBe(2);
  // No blink: what is as it was goes on being the same object.
  expect(shown.rows.every((rows) => rows.includes(before as never))).toBe(true);

  // Its changes go on from there: versions and transaction ids are lower than those that were seen.
  await api.patch('cards', changed.id, { title: 'goes on' });
  await api.patch('cards', same.id, { title: 'goes on, too' });
  await api.delete('cards', gone.id);
  const born = await stage.newCard(list.id, { title: 'born' });
  await eventually(() => pluck(cards.rows.toSorted(byId), 'title')).toEqual(['goes on', 'goes on, too', 'born']);
  await eventually(() => pluck(late.rows, 'title').toSorted()).toEqual(['born', 'goes on', 'goes on, too']);
  expect([one.row?.title, cards.get(born.id)?.title]).toEqual(['goes on', 'born']);
  expect(cards.rows.toSorted(byId)).toEqual(await inSql());
}, 60_000);
