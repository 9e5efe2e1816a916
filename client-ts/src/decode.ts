import { isObject } from "./equality.js";
import { isKeyValue, type WireKey } from "./keys.js";
import type { End, Fault, GoingAway, Op, Part, RowOp, Seen, ServerMessage, SnapshotOp, Steps, Subscribed, Welcome } from "./protocol.js";
import type { Snapshot } from "./visibility.js";

/**
 * Decodes the argument of one `Receive`, message by message: from here on types are certain. Messages of unknown type are left
 * out (P2). Objects are checked in place, not copied. Throws when it comes to one that is not of the protocol: nothing can be concluded from it, and the client connects anew.
 */
export function decode(payload: unknown, handle: (message: ServerMessage) => void): void {
  if (!isRows(payload)) return malformed(payload);
  for (const message of payload) {
    const isRight = checks.get(message["type"]);
    if (isRight) handle(isRight(message) ? message : malformed(message));
  }
}

function malformed(value: unknown): never {
  throw new Error(`Not of this protocol: ${JSON.stringify(value)?.slice(0, 200)}`);
}

type Is<T> = (value: unknown) => value is T;
type Fields<T> = { readonly [P in Exclude<keyof T, "type">]-?: Is<T[P]> };

/** Whether it is an object whose fields are what they should be. */
function fields<T>(of: Fields<T>): Is<T> {
  const all = Object.entries<Is<unknown>>(of as Record<string, Is<unknown>>);
  return (value): value is T => isRecord(value) && all.every(([name, is]) => is(value[name]));
}

/** Whether it is an array of what it should be, of at least so many. */
function listOf<T>(is: Is<T>, least = 0): Is<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length >= least && value.every(is);
}

function optional<T>(is: Is<T>): Is<T | undefined> {
  return (value): value is T | undefined => value === undefined || is(value);
}

const isRecord = (value: unknown): value is Record<string, unknown> => isObject(value) && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isMaybeCount = optional(isCount);
const isMaybeCounts = optional(listOf(isCount));
const isMaybeRecord = optional(isRecord);
const isStrings = listOf(isString);
const isNames = listOf(isString, 1);
const isKeyList = listOf(isKeyValue, 1);
const isKey = (value: unknown): value is WireKey => isKeyValue(value) || isKeyList(value);
const isPairs = listOf(listOf(isKey, 2)) as Is<NonNullable<Subscribed["keys"]>>;
const isRows = listOf(isRecord);
const isSnapshot = optional(fields<Snapshot>({ xmin: isString, xmax: isString, active: isStrings }));

// What comes with every change is written out: that is quicker.
function isEnd(m: unknown): m is End {
  return isRecord(m) && isCount(m["offset"]) && isString(m["tag"]);
}

function isSteps(m: { readonly [P in keyof Steps]?: unknown }): boolean {
  return isOpLists(m.steps) && isMaybeLists(m.transactions) && isEnd(m.end);
}

function isOp(m: unknown): m is Op {
  return isRecord(m) && ("rows" in m ? isSnapshotOp(m) : isRowOp(m));
}

function isSnapshotOp(m: { readonly [P in keyof SnapshotOp]?: unknown }): boolean {
  return isCount(m.shape) && isRows(m.rows) && isSnapshot(m.snapshot ?? undefined);
}

function isRowOp(m: { readonly [P in keyof RowOp]?: unknown }): boolean {
  return isKey(m.key) && isCount(m.version) && isMaybeRecord(m.row) && isMaybeRecord(m.set)
    && isMaybeCounts(m.insert) && isMaybeCounts(m.update) && isMaybeCounts(m.delete)
    && (m.row !== undefined || (!m.insert && (m.set !== undefined || !m.update)));
}

const isOps = listOf(isOp);
const isOpLists = listOf(isOps);
const isMaybeLists = optional(listOf(isStrings));

const checks: ReadonlyMap<unknown, Is<ServerMessage>> = new Map<string, Is<ServerMessage>>(Object.entries({
  steps: isSteps as Is<Steps>,
  part: fields<Part>({ step: isCount, ops: isOps, transactions: optional(isStrings), end: optional(isEnd) }),
  subscribed: fields<Subscribed>({ id: isCount, shape: isCount, entity: isString, key: isNames, keys: optional(isPairs) }),
  welcome: fields<Welcome>({ protocol: isCount, epoch: isString }),
  error: fields<Fault>({ code: isString, message: isString, id: isMaybeCount, retryMs: isMaybeCount, transaction: optional(isString) }),
  seen: fields<Seen>({ transaction: isString }),
  "going-away": fields<GoingAway>({ retryMs: isCount }),
}));
