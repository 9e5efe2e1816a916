import type { Row } from "./keys.js";
import { compareBy, type CompareRows, type OrderTerms } from "./order.js";
import type { Change, RowSet } from "./rowset.js";
import type { LooseKey } from "./schema.js";

/** The order in which a collection shows its rows. The array that it gives stays the same until a row changes. */
export interface Arrangement {
  /** Hears of every change of the row set. */
  absorb(change: Change): void;
  rows(set: RowSet): readonly Row[];
}

/** As they came. */
export const asTheyCame: Arrangement = {
  absorb() {},
  rows: (set) => set.rows,
};

/** In the order in which their keys were asked for. */
export class AsAsked implements Arrangement {
  readonly #keys: readonly LooseKey[];
  #rows: readonly Row[] | undefined;

  constructor(keys: readonly LooseKey[]) {
    this.#keys = keys;
  }

  absorb(): void {
    this.#rows = undefined;
  }

  rows(set: RowSet): readonly Row[] {
    // A row that the database finds by a key that it does not show (by a collation that ignores case) must not be lost.
    return (this.#rows ??= [...new Set(this.#keys.map((key) => set.find(key)).concat(set.rows))].filter((row) => !!row));
  }
}

/** Up to so many changed rows are put in their places one by one. */
const fewRows = 32;

/** Sorted by columns, then key. Sorts once; afterwards changed rows only are moved. */
export class Sorted implements Arrangement {
  readonly #orderBy: OrderTerms;
  #compare: CompareRows | undefined;
  #rows: readonly Row[] | undefined;
  /** The rows that have gone and come since the rows were looked at. */
  readonly #gone = new Set<Row>();
  readonly #come = new Set<Row>();

  constructor(orderBy: OrderTerms) {
    this.#orderBy = orderBy;
  }

  absorb({ befores, afters }: Change): void {
    if (!this.#rows) return;
    for (const row of befores) if (row && !this.#come.delete(row)) this.#gone.add(row);
    for (const row of afters) if (row && !this.#gone.delete(row)) this.#come.add(row);
  }

  rows(set: RowSet): readonly Row[] {
    if (set.keyColumns.length === 0) return set.rows;
    const compare = (this.#compare ??= compareBy(this.#orderBy, set.keyColumns));
    const changes = this.#gone.size + this.#come.size;
    if (!this.#rows || changes > this.#rows.length) this.#rows = set.rows.slice().sort(compare);
    else if (changes > 0) this.#rows = this.#moved(this.#rows, compare, changes);
    this.#gone.clear();
    this.#come.clear();
    return this.#rows;
  }

  #moved(old: readonly Row[], compare: CompareRows, changes: number): readonly Row[] {
    if (changes > fewRows) return old.filter((row) => !this.#gone.has(row)).concat([...this.#come]).sort(compare);
    const rows = old.slice();
    for (const row of this.#gone) rows.splice(placeOf(rows, row, compare), 1);
    for (const row of this.#come) rows.splice(placeOf(rows, row, compare), 0, row);
    return rows;
  }
}

/** The index of the row, or where it belongs. */
function placeOf(rows: readonly Row[], row: Row, compare: CompareRows): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(rows[middle] as Row, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
