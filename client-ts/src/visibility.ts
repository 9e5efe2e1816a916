import { compareDigits } from "./order.js";

/** A PostgreSQL snapshot (`pg_snapshot`): which transactions it sees. */
export interface Snapshot {
  readonly xmin: string;
  readonly xmax: string;
  readonly active: readonly string[];
}

/**
 * Whether a snapshot sees all of these transactions: what they changed is in its rows already (rule 11).
 * None at all is not seen: the server left nothing out that the client could know of.
 */
export function seesAll(snapshot: Snapshot, transactions: readonly string[]): boolean {
  for (const transaction of transactions) if (!sees(snapshot, transaction)) return false;
  return transactions.length > 0;
}

/** Transaction ids have 64 bits, more than a number holds. */
function sees(snapshot: Snapshot, transaction: string): boolean {
  return compareDigits(transaction, snapshot.xmax) < 0
    && (compareDigits(transaction, snapshot.xmin) < 0 || !snapshot.active.includes(transaction));
}
