import { append } from "./append.js";
import { sameRow, withColumns } from "./equality.js";
import { canonicalKey, keyOfRow, type Key, type Row } from "./keys.js";
import { MalformedMessage } from "./decode.js";
import { isSnapshotOp, type RowOp, type SnapshotOp } from "./protocol.js";
import { Replacement } from "./replacement.js";
import type { Change, RowSet } from "./rowset.js";
import type { Step } from "./steps.js";
import { RowStore, type Held } from "./store.js";
import { seesAll, type Snapshot } from "./visibility.js";

/** What a step did to one row set. */
export interface Merged {
  readonly set: RowSet;
  readonly change: Change | undefined;
  /** Whether a snapshot replaced its rows: it is live now. */
  readonly replaced: boolean;
}

const none: readonly RowSet[] = [];

/**
 * Takes steps in, in all row sets at once (P13–P22). It holds what is true of one connection: which shape number feeds which
 * row sets, and the stores of rows with their versions. Calls nobody: whoever applies a step tells the listeners.
 */
export class Merge {
  readonly #stores = new Map<string, RowStore>();
  readonly #feeds = new Map<number, RowSet[]>();

  // Of the step in hand.
  #touched: RowSet[] = [];
  #transactions: readonly string[] = [];

  /** Feeds a row set from a shape; `storeName` is the same for row sets with the same entity and columns. */
  attach(set: RowSet, shape: number, storeName: string, keyColumns: readonly string[]): void {
    this.detach(set);
    let store = this.#stores.get(storeName);
    if (!store) this.#stores.set(storeName, (store = new RowStore()));
    store.users++;
    set.store = store;
    set.shape = shape;
    set.keyColumns = keyColumns;
    const feed = this.#feeds.get(shape);
    if (feed) feed.push(set);
    else this.#feeds.set(shape, [set]);
  }

  /** Feeds a row set no longer. It keeps its rows. */
  detach(set: RowSet): void {
    const { store, shape } = set;
    if (!store || shape === undefined) return;
    const feed = (this.#feeds.get(shape) ?? []).filter((other) => other !== set);
    if (feed.length > 0) this.#feeds.set(shape, feed);
    else this.#feeds.delete(shape);
    if (--store.users === 0) {
      for (const [name, other] of this.#stores) if (other === store) this.#stores.delete(name);
    } else if (set.live) {
      for (const key of set.members.keys()) {
        (store.held.get(key) as Held).holders--;
        store.bury(key);
      }
    }
    unplug(set);
  }

  /** Ends the connection: every row set keeps its rows, nothing else of what was known holds on the next one. */
  reset(): void {
    for (const feed of this.#feeds.values()) feed.forEach(unplug);
    this.#feeds.clear();
    this.#stores.clear();
  }

  /**
   * Applies a step and returns the row sets that it concerned. Throws `MalformedMessage`, before it has changed anything, where
   * a row lacks its key.
   */
  apply({ ops, end }: Step): readonly Merged[] {
    this.#transactions = end.transactions ?? [];
    this.#touched = [];

    const keys = ops.length === 1 && !isSnapshotOp(ops[0] as RowOp) ? undefined : this.#beginReplacements(ops.filter(isSnapshotOp));
    for (const op of ops) {
      if (!isSnapshotOp(op)) this.#applyRow(op);
      else for (const set of this.#feeds.get(op.shape) ?? none) set.replacement?.take(op, keys?.get(op) ?? []);
    }
    return this.#touched.map((set) => {
      const replaced = set.replacement !== undefined;
      return { set, replaced, change: set.settle() };
    });
  }

  /**
   * Takes the rows of every row set that the step replaces out of the stores first, so that "held through a live shape" (P21)
   * means one that stays as it is. Returns the keys of the snapshots' rows.
   */
  #beginReplacements(ops: readonly SnapshotOp[]): ReadonlyMap<SnapshotOp, readonly Key[]> {
    const keys = new Map<SnapshotOp, readonly Key[]>();
    for (const op of ops) {
      const set = this.#feeds.get(op.shape)?.[0];
      if (set) keys.set(op, op.rows.map((row) => keyOfRow(row, set.keyColumns) ?? lacksKey(set, row)));
    }
    for (const op of keys.keys()) {
      for (const set of this.#feeds.get(op.shape) ?? none) {
        if (set.replacement) continue;
        if (set.live) for (const key of set.members.keys()) (set.store?.held.get(key) as Held).holders--;
        set.replacement = new Replacement();
        this.#touched = append(this.#touched, set);
      }
    }
    return keys;
  }

  #applyRow(op: RowOp): void {
    const key = canonicalKey(op.key);
    if (op.insert) this.#applyTo(op.insert, key, op, false);
    if (op.update) this.#applyTo(op.update, key, op, false);
    if (op.delete) this.#applyTo(op.delete, key, op, true);
  }

  #applyTo(shapes: readonly number[], key: Key, op: RowOp, leaves: boolean): void {
    for (const shape of shapes) {
      for (const set of this.#feeds.get(shape) ?? none) {
        const { replacement, store } = set;
        if (replacement) {
          if (!this.#isSeen(replacement.snapshot)) replacement.apply(key, op, leaves);
          continue;
        }
        if (!store || !set.live) continue;
        const held = store.held.get(key);
        if (held && op.version < held.version) continue;
        if (leaves) this.#remove(set, store, held, key, op.version);
        else this.#put(set, store, held, key, op);
      }
    }
  }

  /** The row matches the row set's shape. */
  #put(set: RowSet, store: RowStore, held: Held | undefined, key: Key, op: RowOp): void {
    const before = set.members.get(key);
    if (!before && this.#isSeen(set.snapshot)) return;
    const { row, set: columns } = op;
    const old = held?.row;
    let now = held;
    if (!now || now.holders === 0) {
      if (!row) return;
      now = store.hold(key, old && sameRow(old, row) ? old : row, op.version, held);
    } else if (!this.#isSeen(now.origin)) {
      const shown = old as Row;
      store.hold(key, row ? (sameRow(shown, row) ? shown : row) : withColumns(shown, columns as Row), op.version, held);
    }
    if (before === now.row) return;
    this.#note(set, key, before);
    set.members.set(key, now.row);
    if (!before) now.holders++;
  }

  /** The row does not match any longer, or is gone. */
  #remove(set: RowSet, store: RowStore, held: Held | undefined, key: Key, version: number): void {
    if (this.#isSeen(set.snapshot)) return;
    held ??= store.hold(key, undefined, version, held);
    held.version = version;
    const before = set.members.get(key);
    if (before) {
      this.#note(set, key, before);
      set.members.set(key, undefined);
      held.holders--;
    }
    store.bury(key);
  }

  #isSeen(snapshot: Snapshot | undefined): boolean {
    return snapshot !== undefined && seesAll(snapshot, this.#transactions);
  }

  #note(set: RowSet, key: Key, before: Row | undefined): void {
    if (!set.touched) this.#touched = append(this.#touched, set);
    set.note(key, before);
  }
}

function unplug(set: RowSet): void {
  set.abandon();
  set.store = undefined;
  set.shape = undefined;
  set.live = false;
  set.snapshot = undefined;
}

function lacksKey(set: RowSet, row: Row): never {
  throw new MalformedMessage(`A row of shape ${set.shape} lacks its key ${set.keyColumns.join(", ")}: ${JSON.stringify(row).slice(0, 200)}`);
}
