import { append } from "./append.js";
import { sameOr, withColumns } from "./equality.js";
import { canonicalKey, type Key, type Row } from "./keys.js";
import { isSnapshotOp, type Op, type RowOp } from "./protocol.js";
import { Replacement } from "./replacement.js";
import type { Change, RowSet } from "./rowset.js";
import { RowStore, type Held } from "./store.js";
import { shows } from "./visibility.js";

/** What a step did to one row set. The first one brings its snapshot. */
export interface Merged {
  readonly set: RowSet;
  change: Change | undefined;
}

const none: readonly never[] = [];

/**
 * Takes steps in, in all row sets at once (P13–P22). It holds what is true of one connection: which shape number feeds which
 * row sets, and the stores of rows with their versions. Calls nobody: whoever applies a step tells the listeners.
 */
export class Merge {
  readonly #stores = new Map<string, RowStore>();
  readonly #feeds = new Map<number, readonly RowSet[]>();

  readonly #onMissing: (set: RowSet, isMissing: () => boolean) => void;

  // Of the step in hand.
  #touched: Merged[] = [];

  /** `onMissing` hears of changes of rows that a set does not hold; `isMissing` says whether that is so still. */
  constructor(onMissing: (set: RowSet, isMissing: () => boolean) => void = () => {}) {
    this.#onMissing = onMissing;
  }

  /** Feeds a row set from a shape; `storeName` is the same for row sets with the same entity and columns. */
  attach(set: RowSet, shape: number, storeName: string, keyColumns: readonly string[]): void {
    let store = this.#stores.get(storeName);
    if (!store) this.#stores.set(storeName, (store = new RowStore()));
    if (set.store !== store) store.users++;
    set.store = store;
    set.shape = shape;
    set.keyColumns = keyColumns;
    this.#feeds.set(shape, this.#fed(shape).concat(set));
  }

  /** Feeds a row set no longer. It keeps its rows, and nobody takes them for what is live. */
  detach(set: RowSet): void {
    const { store, shape } = set;
    if (!store) return;
    if (shape !== undefined) {
      const feed = this.#fed(shape).filter((other) => other !== set);
      if (feed.length > 0) this.#feeds.set(shape, feed);
      else this.#feeds.delete(shape);
    }
    if (--store.users === 0) {
      for (const [name, other] of this.#stores) if (other === store) this.#stores.delete(name);
    } else if (set.snapshot !== undefined) {
      for (const key of set.members.keys()) {
        (store.held.get(key) as Held).holders--;
        store.bury(key);
      }
    }
    unplug(set);
  }

  /** The connection has ended: numbers of shapes hold no longer. What is known of rows does, as long as the log is the same. */
  lost(): void {
    for (const feed of this.#feeds.values()) for (const set of feed) set.shape = undefined;
    this.#feeds.clear();
  }

  /** It is another log: row sets keep their rows, nothing else of what was known holds in it. */
  reset(holders: Iterable<{ readonly rows: RowSet }>): void {
    for (const { rows } of holders) unplug(rows);
    this.#feeds.clear();
    this.#stores.clear();
  }

  /**
   * Applies a step and returns the row sets that it concerned. Throws where a row lacks its key: nothing is shown
   * of what was applied by then, and `reset` undoes it.
   */
  apply(ops: readonly Op[]): readonly Merged[] {
    this.#touched = [];

    // The rows of every row set that the step replaces leave the stores first, so that "held through a live shape" (P21) means one
    // that stays as it is.
    for (const op of ops) if (isSnapshotOp(op)) this.#fed(op.shape).forEach(this.#beginReplacement);
    for (const op of ops) {
      if (!isSnapshotOp(op)) this.#applyRow(op);
      else for (const set of this.#fed(op.shape)) set.replacement?.take(op, set.keyColumns);
    }
    for (const merged of this.#touched) merged.change = merged.set.settle();
    return this.#touched;
  }

  #fed(shape: number): readonly RowSet[] {
    return this.#feeds.get(shape) ?? none;
  }

  readonly #beginReplacement = (set: RowSet): void => {
    if (set.replacement) return;
    if (set.snapshot !== undefined) for (const key of set.members.keys()) (set.store?.held.get(key) as Held).holders--;
    set.replacement = new Replacement();
    this.#touched = append(this.#touched, { set, change: undefined });
  };

  #applyRow(op: RowOp): void {
    const key = canonicalKey(op.key);
    this.#applyTo(op.insert, key, op, false);
    this.#applyTo(op.update, key, op, false);
    this.#applyTo(op.delete, key, op, true);
  }

  #applyTo(shapes: readonly number[] = none, key: Key, op: RowOp, leaves: boolean): void {
    for (const shape of shapes) {
      for (const set of this.#fed(shape)) {
        const { replacement, store } = set;
        if (replacement) {
          if (!shows(replacement.snapshot, op)) replacement.apply(key, op, leaves);
          continue;
        }
        if (store && set.snapshot !== undefined) this.#applyHere(set, store, key, op, leaves);
      }
    }
  }

  #applyHere(set: RowSet, store: RowStore, key: Key, op: RowOp, leaves: boolean): void {
    let held = store.held.get(key);
    if (held && op.version < held.version) return;
    const before = set.members.get(key);
    const shared = held?.row;
    if ((leaves || !before) && shows(set.snapshot, op)) return;
    if (leaves) {
      held ??= store.hold(key, undefined, op.version, held);
      held.version = op.version;
    } else if (!held?.row || !shows(held.origin, op)) {
      // Without holders it may be there still: of a row set that is replaced in this step.
      const row = op.row ? sameOr(held?.row, op.row) : held?.holders && withColumns(held.row as Row, op.set as Row);
      if (!row) return this.#onMissing(set, () => set.store === store && !set.members.has(key) && (store.held.get(key)?.version ?? 0) < op.version);
      held = store.hold(key, row, op.version, held);
    } else {
      held.version = op.version;
    }
    // What is equal may be another object here than in other row sets: it stays.
    const after = leaves ? undefined : before === shared ? held.row : sameOr(before, held.row as Row);
    if (before !== after) {
      if (!set.touched) this.#touched = append(this.#touched, { set, change: undefined });
      set.put(key, before, after);
      if (!after) held.holders--;
      else if (!before) held.holders++;
    }
    if (leaves) store.bury(key);
  }
}

function unplug(set: RowSet): void {
  set.abandon();
  set.store = undefined;
  set.shape = undefined;
  set.snapshot = undefined;
}
