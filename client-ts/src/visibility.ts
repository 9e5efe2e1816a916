import { compareDigits } from "./order.js";
import type { RowOp, Snapshot } from "./protocol.js";

/**
 * Whether a snapshot shows what a row op brings already (rule 11). Without its transaction's number it does not: the server
 * names every one that could be. Transaction ids have 64 bits, more than a number holds.
 */
export function shows(snapshot: Snapshot | null | undefined, { transaction }: RowOp): boolean {
  return !!snapshot && transaction !== undefined && compareDigits(transaction, snapshot.xmax) < 0
    && (compareDigits(transaction, snapshot.xmin) < 0 || !snapshot.active.includes(transaction));
}
