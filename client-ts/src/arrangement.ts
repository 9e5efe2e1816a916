import { canonicalUserKey, type Key, type Row } from "./keys.js";
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
    return (this.#rows ??= this.#arrange(set));
  }

  #arrange({ members, keyColumns }: RowSet): readonly Row[] {
    const left = new Map(members as ReadonlyMap<Key, Row>);
    const rows: Row[] = [];
    for (const key of this.#keys) {
      const canonical = canonicalUserKey(key, keyColumns);
      const row = left.get(canonical);
      if (row && left.delete(canonical)) rows.push(row);
    }
    // A key that the server writes otherwise than the user (a Guid in capitals) must not cost the row.
    return rows.concat([...left.values()]);
  }
}

/** Up to so many changed rows are put in their places one by one. */
const fewRows = 32;

/** Sorted by columns, then key. Sorts once; afterwards changed rows only are moved. */
export class Sorted implements Arrangement {
  readonly #orderBy: OrderTerms;
  #compare: CompareRows | undefined;
  #rows: readonly Row[] | undefined;
  /** What changed since the rows were looked at: 1 for a row that has come, -1 for one that has gone. */
  #moves = new Map<Row, number>();

  constructor(orderBy: OrderTerms) {
    this.#orderBy = orderBy;
  }

  absorb(change: Change): void {
    if (!this.#rows) return;
    for (const row of change.befores) if (row) this.#move(row, -1);
    for (const row of change.afters) if (row) this.#move(row, 1);
    if (this.#moves.size > this.#rows.length) this.#forget();
  }

  rows(set: RowSet): readonly Row[] {
    const compare = (this.#compare ??= set.keyColumns.length > 0 ? compareBy(this.#orderBy, set.keyColumns) : undefined);
    if (!compare) return set.rows;
    if (this.#rows && this.#moves.size === 0) return this.#rows;
    const rows = this.#rows ? this.#moved(this.#rows, compare) : set.rows.slice().sort(compare);
    this.#forget();
    return (this.#rows = rows);
  }

  #move(row: Row, by: number): void {
    const sum = (this.#moves.get(row) ?? 0) + by;
    if (sum === 0) this.#moves.delete(row);
    else this.#moves.set(row, sum);
  }

  #forget(): void {
    this.#rows = undefined;
    this.#moves = new Map();
  }

  #moved(old: readonly Row[], compare: CompareRows): readonly Row[] {
    const moves = this.#moves;
    const come = [...moves.keys()].filter((row) => (moves.get(row) as number) > 0);
    if (moves.size > fewRows) return old.filter((row) => !moves.has(row)).concat(come).sort(compare);
    const rows = old.slice();
    for (const [row, sum] of moves) if (sum < 0) rows.splice(placeOf(rows, row, compare), 1);
    for (const row of come) rows.splice(placeOf(rows, row, compare), 0, row);
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
