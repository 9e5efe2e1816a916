/**
 * LiveHub's side: what comes off the wire, after JSON.parse, into a hub on a link of ours instead of SignalR's; from there on it is the client's
 * own way, nothing left out.
 */
import { Hub } from '../../../client-ts/dist/client.js';

/** Rows in one part of a snapshot: some 32 kB, as the server sends them. */
const ROWS_A_PART = 250;

const SHAPE = 1;

/** @param {{ sorted: boolean, onRow: (row: object) => void, onCommit: () => void }} options what hears of every row inserted or updated, and of the end of a commit */
export async function open({ sorted, onRow, onCommit }) {
  let receive;
  const openLink = (events) => {
    receive = events.received;
    return { start: async () => {}, send: async () => {}, probe: async () => {}, stop: async () => {} };
  };
  const hub = new Hub(openLink, { url: 'http://bench/live', reconnectDelayMs: () => 1000, serverTimeoutMs: 1000 });
  const view = hub.all('Ticket', sorted ? { orderBy: { position: 'asc' } } : {});
  view.onDiff(({ inserted, updated }) => {
    for (const row of inserted) onRow(row);
    for (const { row } of updated) onRow(row);
    onCommit();
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  receive([{ type: 'welcome', protocol: 1, epoch: 'e' }]);
  receive([{ type: 'subscribed', id: 1, shape: SHAPE, entity: 'Ticket', key: ['id'], fingerprint: 'f' }]);
  return {
    receive,
    rows: () => view.rows,
    close: () => hub.close(),
  };
}

/** The messages that load the rows, as text. */
export function loadText(rows) {
  const messages = [];
  for (let from = 0; from < rows.length; from += ROWS_A_PART) {
    const part = rows.slice(from, from + ROWS_A_PART);
    const op = from === 0 ? { shape: SHAPE, snapshot: { xmin: '1000', xmax: '1000', active: [] }, rows: part } : { shape: SHAPE, rows: part };
    const isLast = from + ROWS_A_PART >= rows.length;
    messages.push([{ type: 'part', step: 1, ops: [op], ...(isLast && { end: { offset: 1, tag: '9f3a5c0d11e2b476' } }) }]);
  }
  return JSON.stringify(messages);
}

export function load({ receive }, messages) {
  for (const message of messages) receive(message);
}

/** The message that brings a commit, as text. */
export function commitText(commit, n) {
  const ops = commit.map(({ key, set }) => ({ key, version: 1_000_000 + n, set, update: [SHAPE] }));
  return JSON.stringify([{ type: 'steps', steps: [ops], transactions: [[String(2000 + n)]], end: { offset: 2 + n, tag: '9f3a5c0d11e2b476' } }]);
}

export function commit({ receive }, message) {
  receive(message);
}
