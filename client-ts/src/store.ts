import { sameOr } from "./equality.js";
import type { Key, Row } from "./keys.js";
import type { Replacement } from "./replacement.js";
import type { Snapshot } from "./protocol.js";

/** What is known of one key: its row, or, without a row, a tombstone. */
export interface Held {
  row: Row | undefined;
  /** The newest version known of; 0 for a row that only a snapshot gave (its rows carry none). */
  version: number;
  /** The snapshot whose values the row has, where it was one of named transactions. */
  origin: Snapshot | null | undefined;
  /** How many row sets show it. */
  holders: number;
}

/** Tombstones that a store remembers at most; the oldest go first. */
const maxTombstones = 10_000;

/**
 * The rows of one entity with one set of columns, as of the connection's position, shared by all row sets that show them.
 * It lives as long as the connection: versions and tombstones mean nothing beyond it.
 */
export class RowStore {
  readonly held: Map<Key, Held> = new Map();
  /** How many row sets use this store. */
  users = 0;
  readonly #tombstones = new Set<Key>();

  /** Takes a row in, or, without one, what is to be a tombstone; `held` is what is known of the key so far. */
  hold(key: Key, row: Row | undefined, version: number, held: Held | undefined): Held {
    if (!held) this.held.set(key, (held = { row, version, origin: undefined, holders: 0 }));
    held.row = row;
    held.version = version;
    held.origin = undefined;
    return held;
  }

  /**
   * A row set shows the row that a snapshot gave it. Where a live row set holds that row, its values stay: they are as of the connection's
   * position (P21), unless a row op has brought the snapshot's row as far. Returns the object to show: the one that was shown, `before`, where it says the same.
   */
  adopt(key: Key, own: Row, before: Row | undefined, replacement: Replacement): Row {
    const held = this.held.get(key);
    const version = replacement.version(key);
    if (held?.row && held.holders > 0 && (version === 0 || version < held.version)) {
      held.holders++;
      return sameOr(before, held.row);
    }
    const row = sameOr(before ?? held?.row, own);
    const now = this.hold(key, row, Math.max(version, held?.version ?? 0), held);
    now.origin = version === 0 ? replacement.snapshot : undefined;
    now.holders++;
    return row;
  }

  /** Makes a tombstone of a row that no row set shows any more, so that a late older change does not bring it back. */
  bury(key: Key): void {
    const held = this.held.get(key);
    if (!held || held.holders > 0) return;
    held.row = undefined;
    this.#tombstones.delete(key);
    this.#tombstones.add(key);
    if (this.#tombstones.size <= maxTombstones) return;
    const [oldest] = this.#tombstones as Iterable<Key> as [Key];
    this.#tombstones.delete(oldest);
    if (!this.held.get(oldest)?.row) this.held.delete(oldest);
  }
}
