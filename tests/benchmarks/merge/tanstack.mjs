/**
 * TanStack DB's side, as its docs have it (guides "Creating a Collection Options Creator" and "Live Queries"): a collection with a sync
 * function and partial updates; sorted: a live query over it.
 */
import { createCollection, createLiveQueryCollection } from '@tanstack/db';

export async function open({ sorted, onRow, onCommit }) {
  let sync;
  const collection = createCollection({
    getKey: (row) => row.id,
    startSync: true,
    sync: {
      sync: (api) => {
        sync = api;
      },
      rowUpdateMode: 'partial',
    },
  });
  const shown = sorted
    ? createLiveQueryCollection({
      query: (q) => q.from({ ticket: collection }).orderBy(({ ticket }) => ticket.position, 'asc').orderBy(({ ticket }) => ticket.id, 'asc'),
      startSync: true,
    })
    : collection;
  shown.subscribeChanges((changes) => {
    for (const { value } of changes) onRow(value);
    onCommit();
  });
  return {
    sync,
    rows: () => shown.toArray,
    close: async () => {
      if (sorted) await shown.cleanup();
      await collection.cleanup();
    },
  };
}

export function loadText(rows) {
  return JSON.stringify(rows);
}

export function load({ sync }, rows) {
  sync.begin();
  for (const value of rows) sync.write({ type: 'insert', value });
  sync.commit();
  sync.markReady();
}

export function commitText(commit) {
  return JSON.stringify(commit);
}

export function commit({ sync }, changes) {
  sync.begin();
  for (const { key, set } of changes) sync.write({ type: 'update', key, value: set });
  sync.commit();
}
