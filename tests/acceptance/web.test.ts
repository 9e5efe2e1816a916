import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBoard } from '../../tools/lib/board.mjs';

/** Web, API and hub share one origin. */
let folder: string;
let board: Awaited<ReturnType<typeof startBoard>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'livehub-web-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<title>Board</title>');
  await writeFile(join(folder, 'assets', 'index-1a2b3c4d.js'), 'export {};');
  board = await startBoard({ web: folder });
});
afterAll(async () => {
  await board?.stop();
  await rm(folder, { recursive: true, force: true });
});

const fetchPath = (path: string, init?: RequestInit) => fetch(board.url + path, init);

test('/ is the page, checked anew each time', async () => {
  const response = await fetchPath('/');
  expect(await response.text()).toBe('<title>Board</title>');
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  expect(response.headers.get('cache-control')).toBe('no-cache');
  const etag = response.headers.get('etag') ?? '';
  expect((await fetchPath('/', { headers: { 'if-none-match': etag } })).status).toBe(304);
});

test('files with a hash in their names are kept for ever', async () => {
  const response = await fetchPath('/assets/index-1a2b3c4d.js');
  expect(response.headers.get('content-type')).toMatch(/javascript/);
  expect(response.headers.get('cache-control')).toMatch(/max-age=31536000, immutable/);
  expect((await fetchPath('/assets/gone.js')).status).toBe(404);
});

test('the API, the hub and /health are on the same origin', async () => {
  expect((await fetchPath('/api/boards')).status).toBe(200);
  expect((await fetchPath('/health')).status).toBe(200);
  const negotiated = await fetchPath('/live/negotiate?negotiateVersion=1', { method: 'POST' });
  expect(negotiated.status).toBe(200);
  expect(await negotiated.json()).toMatchObject({ connectionToken: expect.any(String) });
});
