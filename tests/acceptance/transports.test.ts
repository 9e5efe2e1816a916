import { createLiveHub, type LiveHubOptions, type LooseLiveHub } from '@livehub/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startGate, token } from '../gate/gate.mjs';
import { Line } from '../gate/line.mjs';
import { eventually, record } from './observe.ts';

interface Guest { readonly id: string; readonly room: string; readonly name: string }
/** A request as it reached the server. */
interface Seen { readonly path: string; readonly transport: string; readonly token: 'header' | 'query' | null; readonly mark: string | null }

/** SignalR's numbers for them. */
const transports = { WebSockets: 1, ServerSentEvents: 2, LongPolling: 4 };
const RECONNECT_DELAY_MS = 20;

let gate: Awaited<ReturnType<typeof startGate>>;
let line: Line;
const hubs: LooseLiveHub[] = [];
/** What was written to the console as a warning. */
let warnings: unknown[] = [];

beforeAll(async () => {
  gate = await startGate();
});
beforeEach(async () => {
  line = await Line.to(gate.url);
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((text) => void warnings.push(text));
});
afterEach(async () => {
  vi.restoreAllMocks();
  line.restore();
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
  await line.close();
});
afterAll(() => gate?.stop());

describe.each([
  { transport: 'WebSockets', skipNegotiation: false },
  { transport: 'WebSockets', skipNegotiation: true },
  { transport: 'ServerSentEvents', skipNegotiation: false },
  { transport: 'LongPolling', skipNegotiation: false },
] as const)('over $transport, negotiation skipped: $skipNegotiation', ({ transport, skipNegotiation }) => {
  test('snapshot, changes, refusal, and the way back after the line was cut', async () => {
    const mark = crypto.randomUUID();
    const live = hub('/guarded', {
      accessTokenFactory: async () => token,
      configure: (builder) => void builder.withUrl(`${line.url}/guarded`, { transport: transports[transport], skipNegotiation, headers: { 'X-Mark': mark } }),
    });
    // More than one frame, with what a transport could trip over.
    const many = Array.from({ length: 300 }, (_, i) => guest(mark, `${i} ${'x'.repeat(200)} a\nb\r\n\u001e "ü" 😀`));
    await send('POST', '/guests', many);
    const guests = live.all<Guest>('Guest', { where: { room: mark } });
    const shown = record(guests);
    await guests.ready;
    expect(names(guests.rows)).toEqual(names(many));

    const [first, second] = [many[0] as Guest, many[1] as Guest];
    await send('PUT', `/guests/${first.id}`, { ...first, name: 'renamed' });
    await send('DELETE', `/guests/${second.id}`);
    await eventually(() => [guests.rows.length, guests.get(first.id)?.name, guests.get(second.id)]).toEqual([299, 'renamed', undefined]);

    const nothing = live.all('Nothing');
    await expect(nothing.ready).rejects.toMatchObject({ code: 'unknown_entity' });
    expect([guests.status, live.status]).toEqual(['live', 'connected']);

    line.cut();
    await eventually(() => [guests.status, live.status]).toEqual(['stale', 'reconnecting']);
    const missed = guest(mark, 'came meanwhile');
    await send('POST', '/guests', [missed]);
    expect(guests.rows).toHaveLength(299);
    line.restore();
    await eventually(() => [guests.status, guests.get(missed.id)?.name]).toEqual(['live', 'came meanwhile']);
    expect(shown.diffs.at(-1)?.inserted.map(({ id }) => id)).toEqual([missed.id]);

    const seen = (await requests()).filter((request) => request.mark === mark);
    const connects = seen.filter(({ path }) => path === 'GET /guarded');
    expect(seen.some(({ path }) => path === 'POST /guarded/negotiate')).toBe(!skipNegotiation);
    expect(distinct(connects, 'transport')).toEqual([transport]);
    // An EventSource takes no headers for its token.
    expect(distinct(connects, 'token')).toEqual([transport === 'ServerSentEvents' ? 'query' : 'header']);
    expect(distinct(seen.filter(({ path }) => path !== 'GET /guarded'), 'token')).toEqual(skipNegotiation ? [] : ['header']);
  });
});

test('without a word about it, WebSockets are negotiated, and the hook gets the log', async () => {
  const log: string[] = [];
  const live = hub('/live', { configure: (builder) => void builder.configureLogging({ log: (_level: number, message: string) => void log.push(message) }) });
  await live.all('Guest', { where: { room: crypto.randomUUID() } }).ready;
  expect(log.join('\n')).toContain('WebSocket connected');
});

test('a token that is refused is asked for again with every attempt, until one is let in', async () => {
  const tokens = ['wrong', 'wrong too', token];
  let asked = 0;
  const live = hub('/guarded', { accessTokenFactory: () => tokens[Math.min(asked++, 2)] as string });
  const guests = live.all('Guest', { where: { room: crypto.randomUUID() } });
  await guests.ready;
  expect([live.status, guests.status]).toEqual(['connected', 'live']);
  expect(asked).toBeGreaterThanOrEqual(3);
});

test('without a token a guarded hub stays shut, and nothing fails for it', async () => {
  let waits = 0;
  const live = hub('/guarded', { reconnectDelayMs: () => (waits++, RECONNECT_DELAY_MS) });
  const guests = live.all('Guest');
  await eventually(() => waits).toBeGreaterThan(2);
  expect([live.status, guests.status, guests.rows]).toEqual(['connecting', 'loading', []]);
  expectReason(live, '/guarded', /401/);
});

test('a hub whose URL is wrong says so, once on the console and always in its error', async () => {
  const wrong = [
    hub('/nowhere', {}),
    hub('/nowhere', { configure: (builder) => void builder.withUrl(`${line.url}/nowhere`, { transport: transports.WebSockets, skipNegotiation: true }) }),
  ];
  const calls = wrong.map(() => 0);
  wrong.forEach((live, i) => live.subscribe(() => calls[i]!++));
  const guests = wrong.map((live) => live.all('Guest'));
  await eventually(() => wrong.map((live) => live.error?.code)).toEqual(['connection_failed', 'connection_failed']);
  expectReason(wrong[0] as LooseLiveHub, '/nowhere', /404/);
  expectReason(wrong[1] as LooseLiveHub, '/nowhere', /WebSocket failed to connect/);
  const tries = (await requests()).length;
  await eventually(async () => (await requests()).length).toBeGreaterThan(tries + 6);
  expect([guests.map(({ status }) => status), calls, warnings.length]).toEqual([['loading', 'loading'], [1, 1], 2]);
});

test('a URL that leads to another hub of the application says so, and is tried again', async () => {
  const live = hub('/chat', { serverTimeoutMs: 300, configure: (builder) => builder.withServerTimeout(60_000) });
  const guests = live.all('Guest');
  await eventually(() => live.error?.message).toBe(
    `LiveHub: no connection to ${line.url}/chat: No LiveHub answers there. Check the URL, accessTokenFactory and configure.`);
  expect([live.status, live.error?.code, guests.status, warnings]).toEqual(['connecting', 'connection_failed', 'loading', [live.error?.message]]);
  const tries = (await requests()).length;
  await eventually(async () => (await requests()).length).toBeGreaterThan(tries + 1);
});

test.each(['configure', 'accessTokenFactory'] as const)('a %s that throws is a connection that failed: it is told and tried again, until it does not throw', async (hook) => {
  let asked = 0;
  let tellConnected = (): void => {};
  const connected = new Promise<void>((resolve) => (tellConnected = resolve));
  const maybeThrow = () => {
    if (++asked <= 3) throw new Error('Not yet!');
    return token;
  };
  const live = hub('/guarded', hook === 'configure' ? { accessTokenFactory: () => token, configure: () => void maybeThrow() } : { accessTokenFactory: maybeThrow });
  const errors: (string | undefined)[] = [];
  live.subscribe(() => {
    errors.push(live.error?.message);
    if (live.status === 'connected') tellConnected();
  });
  const guests = live.all('Guest', { where: { room: crypto.randomUUID() } });
  await connected;
  await guests.ready;
  expect([live.status, live.error]).toEqual(['connected', undefined]);
  expect(errors).toEqual([expect.stringContaining('Not yet!'), undefined]);
  expect(warnings).toEqual([errors[0]]);
});

function hub(path: string, options: LiveHubOptions): LooseLiveHub {
  const live = createLiveHub(line.url + path, { reconnectDelayMs: () => RECONNECT_DELAY_MS, ...options });
  hubs.push(live);
  return live;
}

/** Its error names the URL, what came of it and what to look at; the console has said the same. */
function expectReason({ error, status }: LooseLiveHub, path: string, reason: RegExp): void {
  expect([status, error?.code, error?.message]).toEqual(['connecting', 'connection_failed', expect.stringContaining(`${line.url}${path}: `)]);
  expect(error?.message).toMatch(reason);
  expect(error?.message).toContain('Check the URL, accessTokenFactory and configure.');
  expect(error?.cause).toBeInstanceOf(Error);
  expect(warnings.filter((text) => text === error?.message)).toHaveLength(1);
}

const guest = (room: string, name: string): Guest => ({ id: crypto.randomUUID(), room, name });

const names = (guests: readonly Guest[]): string[] => guests.map(({ name }) => name).toSorted();

const distinct = (seen: readonly Seen[], part: 'transport' | 'token'): (string | null)[] => [...new Set(seen.map((request) => request[part]))];

/** Past the line. */
async function send(method: string, path: string, body?: unknown): Promise<void> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(gate.url + path, { method, ...json });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

async function requests(): Promise<Seen[]> {
  return (await fetch(`${gate.url}/requests`)).json() as Promise<Seen[]>;
}
