import { isObject } from "./equality.js";
import { isKeyValue, type WireKey } from "./keys.js";
import type { End, Fault, GoingAway, Op, Part, RowOp, Seen, ServerMessage, SnapshotOp, Subscribed, Welcome } from "./protocol.js";
import type { Snapshot } from "./visibility.js";

/**
 * Decodes the argument of one `Receive`, message by message: from here on types are certain. Messages of unknown type are left
 * out (P2). Objects are checked in place, not copied. Throws when it comes to one that is not of the protocol: nothing can be concluded from it, and the client connects anew.
 */
export function decode(payload: unknown, handle: (message: ServerMessage) => void): void {
  if (!isListOf(payload, isRecord)) return malformed(payload);
  for (const message of payload) {
    const isRight = checks.get(message["type"]);
    if (isRight) handle(isRight(message) ? message : malformed(message));
  }
}

export function malformed(value: unknown, what: string = `Not of this protocol`): never {
  throw new Error(`${what}: ${JSON.stringify(value)?.slice(0, 200)}`);
}

type Unchecked<T> = { readonly [P in keyof T]?: unknown };

function isWelcome(m: Unchecked<Welcome>): m is Welcome {
  return isCount(m.protocol) && isString(m.epoch);
}

function isSubscribed(m: Unchecked<Subscribed>): m is Subscribed {
  return isCount(m.id) && isCount(m.shape) && isString(m.entity) && isListOf(m.key, isString, 1) && isOptional(m.keys, isPairs);
}

function isFault(m: Unchecked<Fault>): m is Fault {
  return isString(m.code) && isString(m.message) && isOptional(m.id, isCount) && isOptional(m.retryMs, isCount)
    && isOptional(m.transaction, isString);
}

const isSeen = (m: Unchecked<Seen>): m is Seen => isString(m.transaction);
const isGoingAway = (m: Unchecked<GoingAway>): m is GoingAway => isCount(m.retryMs);

function isPart(m: Unchecked<Part>): m is Part {
  return isOptional(m.step, isCount) && isListOf(m.ops, isOp) && isOptional(m.end, isEnd) && (m.step ?? m.end) !== undefined;
}

function isEnd(m: unknown): m is End {
  return isRecord(m) && isCount(m["offset"]) && isString(m["tag"]) && isOptional(m["transactions"], isStrings);
}

function isOp(m: unknown): m is Op {
  return isRecord(m) && ("rows" in m ? isSnapshot(m) : isRowOp(m));
}

function isSnapshot(m: Unchecked<SnapshotOp>): boolean {
  return isCount(m.shape) && isListOf(m.rows, isRecord) && isOptional(m.snapshot ?? undefined, isPgSnapshot);
}

function isPgSnapshot(m: unknown): m is Snapshot {
  return isRecord(m) && isString(m["xmin"]) && isString(m["xmax"]) && isStrings(m["active"]);
}

function isRowOp(m: Unchecked<RowOp>): boolean {
  return isKey(m.key) && isCount(m.version) && isOptional(m.row, isRecord) && isOptional(m.set, isRecord)
    && isOptional(m.insert, isCounts) && isOptional(m.update, isCounts) && isOptional(m.delete, isCounts)
    && (m.row !== undefined || (!m.insert && (m.set !== undefined || !m.update)));
}

type Check = (message: Record<string, unknown>) => message is Record<string, unknown> & ServerMessage;

const checks: ReadonlyMap<unknown, Check> = new Map([
  ["part", isPart as Check], ["subscribed", isSubscribed as Check], ["welcome", isWelcome as Check], ["error", isFault as Check],
  ["seen", isSeen as Check], ["going-away", isGoingAway as Check],
]);

const isKey = (value: unknown): value is WireKey => isKeyValue(value) || isListOf(value, isKeyValue, 1);
const isPair = (value: unknown): value is readonly [WireKey, WireKey] => isListOf(value, isKey, 2);
const isPairs = (value: unknown): value is readonly (readonly [WireKey, WireKey])[] => isListOf(value, isPair);
const isString = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is readonly number[] => isListOf(value, isCount);
const isStrings = (value: unknown): value is readonly string[] => isListOf(value, isString);

function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value);
}

/** Whether it is an array of what it should be, of at least so many. */
function isListOf<T>(value: unknown, is: (item: unknown) => item is T, least = 0): value is readonly T[] {
  return Array.isArray(value) && value.length >= least && value.every(is);
}

function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || is(value);
}
