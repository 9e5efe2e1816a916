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
  return transactions.length > 0 && transactions.every((transaction) => sees(snapshot, transaction));
}

function sees(snapshot: Snapshot, transaction: string): boolean {
  if (compareIds(transaction, snapshot.xmax) >= 0) return false;
  return compareIds(transaction, snapshot.xmin) < 0 || !snapshot.active.includes(transaction);
}

/** Compares decimal strings without leading zeros; transaction ids have 64 bits, more than a number holds. */
function compareIds(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
