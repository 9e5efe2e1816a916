import type { Row, WireKey } from "./keys.js";
import type { LooseKey, Scalar } from "./schema.js";

/** The protocol versions that this client speaks. */
export const protocolVersions: { readonly min: number; readonly max: number } = { min: 1, max: 1 };

/** What the client calls itself; a test holds it against package.json. */
export const clientName = "@livehub/client/0.1.0";

/** A term of a filter on the wire. */
export type WireTerm = Scalar | null | { readonly in: readonly (Scalar | null)[] };

/** What is subscribed to. Without `keys` and `where`: the whole entity. */
export interface Target {
  readonly entity: string;
  readonly keys?: readonly LooseKey[] | undefined;
  readonly where?: Readonly<Record<string, WireTerm>> | undefined;
  readonly columns?: readonly string[] | undefined;
}

export interface Ask extends Target {
  readonly id: number;
  /** What the server has given for it before: its rows are here, as of the position in `hello`. */
  readonly fingerprint?: string | undefined;
}

/** What everything that is shown is true as of: a place in a log. */
export interface Position extends End { readonly epoch: string }

export type ClientMessage =
  | { readonly type: "hello"; readonly protocol: { readonly min: number; readonly max: number }; readonly client: string; readonly position: Position | undefined }
  | { readonly type: "subscribe"; readonly subscriptions: readonly Ask[] }
  | { readonly type: "unsubscribe"; readonly ids: readonly number[] }
  | { readonly type: "seen"; readonly transaction: string };

export function hello(position: Position | undefined): ClientMessage {
  return { type: "hello", protocol: protocolVersions, client: clientName, position };
}

export function subscribe(subscriptions: readonly Ask[]): ClientMessage {
  return { type: "subscribe", subscriptions };
}

export function unsubscribe(ids: readonly number[]): ClientMessage {
  return { type: "unsubscribe", ids };
}

export function seen(transaction: string): ClientMessage {
  return { type: "seen", transaction };
}

export interface Welcome { readonly type: "welcome"; readonly protocol: number; readonly epoch: string }

export interface Subscribed {
  readonly type: "subscribed";
  readonly id: number;
  readonly shape: number;
  readonly entity: string;
  readonly key: readonly string[];
  readonly fingerprint: string;
  /** Our rows are kept: the next step brings what they lack. */
  readonly resumed?: boolean;
  /** The keys that rows show otherwise than they were asked for: as asked, as shown. */
  readonly keys?: readonly (readonly [asked: WireKey, shown: WireKey])[];
}

/** One row's change, for all shapes that see it with the same columns (P15–P18). */
export interface RowOp {
  readonly key: WireKey;
  readonly version: number;
  readonly row?: Row;
  readonly set?: Row;
  readonly insert?: readonly number[];
  readonly update?: readonly number[];
  readonly delete?: readonly number[];
  /** The transaction that wrote it, where a snapshot that we have may show that already (P20). */
  readonly transaction?: string;
}

/** A PostgreSQL snapshot (`pg_snapshot`): which transactions it sees. */
export interface Snapshot {
  readonly xmin: string;
  readonly xmax: string;
  readonly active: readonly string[];
}

/** Rows of a shape as the database had them at one moment (P19–P22). */
export interface SnapshotOp {
  readonly shape: number;
  readonly snapshot?: Snapshot | null;
  readonly rows: readonly Row[];
}

export type Op = RowOp | SnapshotOp;

/** A position in the log. */
export interface End { readonly offset: number; readonly tag: string }

/** Whole steps, each what is merged at once: one changeset, or one snapshot with what joins it (P13); and the position after them. */
export interface Steps { readonly type: "steps"; readonly steps: readonly (readonly Op[])[]; readonly end: End }

/** A part of a step that is too long for one message; the last one has the position after it. Of a step that is dropped, nothing counts. */
export interface Part { readonly type: "part"; readonly step: number; readonly ops: readonly Op[]; readonly end?: End; readonly dropped?: boolean }

export interface Fault {
  readonly type: "error";
  readonly code: string;
  readonly message: string;
  readonly id?: number;
  readonly retryMs?: number;
  readonly transaction?: string;
}

/** All that there was to send of a transaction was sent. */
export interface Seen { readonly type: "seen"; readonly transaction: string }

/** The server ends, and wants us back after that time. */
export interface GoingAway { readonly type: "going-away"; readonly retryMs: number }

export type ServerMessage = Welcome | Subscribed | Steps | Part | Fault | Seen | GoingAway;

export function isSnapshotOp(op: Op): op is SnapshotOp {
  return "rows" in op;
}
