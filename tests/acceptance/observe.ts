import type { Collection, CollectionStatus, Single } from '@livehub/client';
import { expect } from 'vitest';

const LIMIT_MS = 10_000;
const INTERVAL_MS = 5;

/** Waits until what `get` returns is as the matcher says; fails with the difference when it never is. */
export const eventually = <T>(get: () => T, what?: string) => expect.poll(get, { timeout: LIMIT_MS, interval: INTERVAL_MS, ...(what === undefined ? {} : { message: what }) });

/** A diff as a listener of any collection gets it. */
export interface Change<Row> {
  readonly inserted: readonly Row[];
  readonly updated: readonly { readonly row: Row; readonly columns: readonly string[] }[];
  readonly deleted: readonly Row[];
}

/** What a collection's listeners were shown, call by call, from now on. */
export interface Shown<Row> {
  /** The rows at every call of a listener, of either kind. */
  readonly rows: (readonly Row[])[];
  readonly diffs: Change<Row>[];
  /** The status at every call of a `subscribe` listener. */
  readonly statuses: CollectionStatus[];
}

/** Listens to a collection. Ask right after opening, to hear everything. */
export function record<Row, Key>(watched: Collection<Row, Key> | Single<Row>): Shown<Row> {
  const shown: Shown<Row> = { rows: [], diffs: [], statuses: [] };
  const look = () => void shown.rows.push('rows' in watched ? watched.rows : [watched.row].filter((row) => row !== undefined));
  watched.subscribe(() => {
    look();
    shown.statuses.push(watched.status);
  });
  watched.onDiff((diff) => {
    look();
    shown.diffs.push(diff);
  });
  return shown;
}

/** One column of the rows. */
export const pluck = <Row, C extends keyof Row>(rows: readonly Row[], column: C): Row[C][] => rows.map((row) => row[column]);

export const byId = (a: { readonly id: number | string }, b: { readonly id: number | string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** A diff in short: what was inserted, updated (and in which columns) and deleted, each sorted by id. */
export function ids({ inserted, updated, deleted }: Change<{ readonly id: number | string }>) {
  return {
    inserted: pluck(inserted.toSorted(byId), 'id'),
    updated: updated.toSorted((a, b) => byId(a.row, b.row)).map(({ row, columns }) => [row.id, ...columns]),
    deleted: pluck(deleted.toSorted(byId), 'id'),
  };
}
