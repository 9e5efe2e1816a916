import { append } from "./append.js";
import { changedColumns, sameRow } from "./equality.js";
import { canonicalKey, type Key, type Row } from "./keys.js";
import { Replacement } from "./replacement.js";
import type { LooseKey, Scalar } from "./schema.js";
import type { RowStore } from "./store.js";
import type { Snapshot } from "./protocol.js";

/** What a step changed in a row set: rows as they were and as they are, pairwise; undefined where there was or is none. */
export class Change {
  befores: (Row | undefined)[] = [];
  afters: (Row | undefined)[] = [];
  #diff: RowDiff | undefined;

  add(before: Row | undefined, after: Row | undefined): void {
    this.befores = append(this.befores, before);
    this.afters = append(this.afters, after);
  }

  /** The same for listeners; made only when one asks. */
  get diff(): RowDiff {
    return (this.#diff ??= this.#toDiff());
  }

  #toDiff(): RowDiff {
    const { befores, afters } = this;
    let inserted: Row[] = none;
    let updated: { row: Row; columns: readonly string[] }[] = none;
    let deleted: Row[] = none;
    for (let i = 0; i < befores.length; i++) {
      const before = befores[i];
      const after = afters[i];
      if (!after) deleted = append(deleted, before as Row);
      else if (!before) inserted = append(inserted, after);
      else updated = append(updated, { row: after, columns: changedColumns(before, after) });
    }
    return { inserted, updated, deleted };
  }
}

export interface RowDiff {
  readonly inserted: readonly Row[];
  readonly updated: readonly { readonly row: Row; readonly columns: readonly string[] }[];
  readonly deleted: readonly Row[];
}

/** Where there is nothing, without making an array for it. Never written to. */
const none: never[] = [];

/** The rows that one subscription shows. It stays while connections come and go; what only holds on one is in `attachment`. */
export class RowSet {
  /** Its subscription's id. */
  readonly id: number;
  /** The rows in the order in which they came. During a step, undefined marks a row that has left and keeps its place. */
  members: Map<Key, Row | undefined> = new Map();
  /** The key's columns, known once the server has accepted the subscription. */
  keyColumns: readonly string[] = [];
  /** The keys that were asked for, as they were and as rows show them; undefined where that is the same. */
  shownKeys: ReadonlyMap<Key, Key> | undefined;
  /** Where its rows live on this connection; undefined while it is not attached. */
  store: RowStore | undefined;
  /** Its shape's number on this connection. */
  shape: number | undefined;
  /** The transactions that its snapshot saw; undefined until one has come on this connection: before, row ops are not for it. */
  snapshot: Snapshot | null | undefined;
  /** Set while a step replaces its rows: what they will be. */
  replacement: Replacement | undefined;

  /** What this step has changed so far, op by op, and the keys of the rows. */
  #change: Change | undefined;
  #keys: Key[] = none;
  #rows: readonly Row[] | undefined;

  constructor(id: number) {
    this.id = id;
  }

  /** The rows as an array: the same one until one of them changes. */
  get rows(): readonly Row[] {
    return (this.#rows ??= [...(this.members.values() as Iterable<Row>)]);
  }

  /** The row with a key that is written as rows show it, or as it was asked for. */
  find(key: LooseKey): Row | undefined {
    const written = canonicalKey(typeof key === "object" ? this.keyColumns.map((column) => key[column] as Scalar) : key);
    return this.members.get(this.shownKeys?.get(written) ?? written);
  }

  /** Whether this step has touched it already. */
  get touched(): boolean {
    return (this.replacement ?? this.#change) !== undefined;
  }

  /** An op of this step changes a row. */
  put(key: Key, before: Row | undefined, after: Row | undefined): void {
    this.members.set(key, after);
    (this.#change ??= new Change()).add(before, after);
    this.#keys = append(this.#keys, key);
  }

  /** Ends a step: what changed, or undefined. */
  settle(): Change | undefined {
    const change = this.replacement ? this.#settleReplacement(this.replacement) : this.#settleOps(this.#change as Change);
    this.#change = undefined;
    this.#keys = none;
    if (change.befores.length === 0) return undefined;
    this.#rows = undefined;
    return change;
  }

  /** Undoes what a step that could not be finished has done so far. */
  abandon(): void {
    this.replacement = undefined;
    for (const [key, before] of this.#firsts()) {
      if (before) this.members.set(key, before);
      else this.members.delete(key);
    }
    this.#change = undefined;
    this.#keys = none;
  }

  /** Takes all rows out. */
  clear(): Change | undefined {
    this.replacement = new Replacement();
    return this.settle();
  }

  /** A row set that shows the same and no longer changes. */
  frozen(): RowSet {
    const copy = new RowSet(this.id);
    copy.members = new Map(this.members);
    copy.keyColumns = this.keyColumns;
    copy.shownKeys = this.shownKeys;
    copy.#rows = this.#rows;
    return copy;
  }

  /** Ends a step of row ops. Of a row that it changed several times, only the first and the last state count. */
  #settleOps(all: Change): Change {
    if (all.befores.length === 1 && all.afters[0]) return all;
    const change = new Change();
    for (const [key, before] of this.#firsts()) {
      const after = this.members.get(key);
      if (!after) this.members.delete(key);
      if (before && after && sameRow(before, after)) {
        // It is, after all, what it was: it goes on being the object that it was.
        this.members.set(key, before);
        const held = this.store?.held.get(key);
        if (held?.row === after) held.row = before;
      } else if (before !== after) {
        change.add(before, after);
      }
    }
    return change;
  }

  /** What each row was before its first change. */
  #firsts(): Map<Key, Row | undefined> {
    const firsts = new Map<Key, Row | undefined>();
    this.#keys.forEach((key, i) => firsts.has(key) || firsts.set(key, this.#change?.befores[i]));
    return firsts;
  }

  /** Ends a replacement by difference: rows that are equal keep their identity and their place. */
  #settleReplacement(replacement: Replacement): Change {
    const change = new Change();
    const { store } = this;
    const previous = this.members;
    const next: Map<Key, Row | undefined> = replacement.members;
    const members = previous.size > 0 ? new Map<Key, Row | undefined>() : next;
    const settle = (key: Key, before: Row | undefined, own: Row | undefined): void => {
      const after = own && store?.adopt(key, own, before, replacement);
      if (after) members.set(key, after);
      else store?.bury(key);
      if (before !== after) change.add(before, after);
    };
    for (const [key, before] of previous) settle(key, before, next.get(key));
    for (const [key, own] of next) if (!previous.has(key)) settle(key, undefined, own);
    this.members = members;
    this.replacement = undefined;
    this.snapshot = replacement.snapshot;
    return change;
  }
}
