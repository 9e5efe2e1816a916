import type { SnapshotOp } from "../../src/protocol.js";
import type { LooseRow } from "../../src/schema.js";

/** A shape's whole snapshot, as an op of a step. */
export const snapshot = (shape: number, ...rows: LooseRow[]): SnapshotOp => ({ shape, snapshot: null, rows });

export const card = (id: number, more: object = {}): LooseRow => ({ id, title: `card ${id}`, ...more });
