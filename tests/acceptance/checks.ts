import type { CollectionStatus } from '@livehub/client';
import type { CardRow } from './api.ts';
import type { Card } from './schema.ts';

type Shown = Pick<Card, 'id'>;

/** What the checks need of a collection of cards, whatever its columns. */
export interface Cards<Row extends Shown = Shown> {
  readonly rows: readonly Row[];
  readonly status: CollectionStatus;
  readonly ready: Promise<void>;
  readonly close: () => void;
  readonly subscribe: (listener: () => void) => () => void;
  readonly onDiff: (
    listener: (diff: { readonly inserted: readonly Row[]; readonly updated: readonly { readonly row: Row }[]; readonly deleted: readonly Row[] }) => void,
  ) => () => void;
}

/** Follows the diffs of a collection from the first: each must fit what there was, and together they must give its rows. */
export function replay(collection: Cards, faults: string[]): void {
  const rows = new Map<number, Shown>();
  const expectThat = (holds: boolean, fault: string) => void (holds || faults.push(fault));
  collection.onDiff(({ inserted, updated, deleted }) => {
    for (const { id } of deleted) expectThat(rows.delete(id), `Card ${id} was deleted and was not there.`);
    for (const { row } of updated) {
      expectThat(rows.has(row.id), `Card ${row.id} was updated and was not there.`);
      rows.set(row.id, row);
    }
    for (const row of inserted) {
      expectThat(!rows.has(row.id), `Card ${row.id} was inserted and was there.`);
      rows.set(row.id, row);
    }
    const same = rows.size === collection.rows.length && collection.rows.every((row) => rows.get(row.id) === row);
    expectThat(same, `The diffs give ${rows.size} rows; the collection has ${collection.rows.length}, or others.`);
  });
}

/** A card that SQL has read, as collections show it: decimals are strings. */
export function asShown(card: CardRow): Card {
  return { ...card, estimate: card.estimate === null ? null : card.estimate.toFixed(2) };
}
