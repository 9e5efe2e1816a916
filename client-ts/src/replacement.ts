import { withColumns } from "./equality.js";
import { keyOfRow, type Key, type Row } from "./keys.js";
import type { RowOp, Snapshot, SnapshotOp } from "./protocol.js";

/**
 * The rows that a snapshot gives a row set, and what the step's row ops make of them, apart from everything that is known
 * already: the snapshot may be older than that, so that versions seen elsewhere say nothing here (rule 10).
 */
export class Replacement {
  readonly members: Map<Key, Row> = new Map();
  /** The transactions that the snapshot saw; undefined until its first op has come: only row ops after it count (P19). */
  snapshot: Snapshot | null | undefined;
  readonly #versions = new Map<Key, number>();

  /** The version of the last row op for a key; 0 while it is as the snapshot gave it. */
  version(key: Key): number {
    return this.#versions.get(key) ?? 0;
  }

  /** Takes rows of the snapshot. Throws where one lacks its key. */
  take({ shape, rows, snapshot }: SnapshotOp, keyColumns: readonly string[]): void {
    if (this.snapshot === undefined) this.snapshot = snapshot ?? null;
    for (const row of rows) this.members.set(keyOfRow(row, shape, keyColumns), row);
  }

  /** A row op that follows the snapshot; `leaves` where the row does not match any longer. */
  apply(key: Key, op: RowOp, leaves: boolean): void {
    if (this.snapshot === undefined || op.version < this.version(key)) return;
    const row = this.members.get(key);
    const now = leaves ? undefined : (op.row ?? (row && withColumns(row, op.set as Row)));
    if (now) this.members.set(key, now);
    else this.members.delete(key);
    this.#versions.set(key, op.version);
  }
}
