import { isKeyValue, type WireKey } from "./keys.js";
import { protocolVersions } from "./protocol.js";
import type { End, Fault, Op, Part, ServerMessage, SnapshotOp, RowOp, Subscribed, Welcome } from "./protocol.js";
import type { Snapshot } from "./visibility.js";

/** The server said something that is not of this protocol. Nothing can be concluded from it: the client connects anew. */
export class MalformedMessage extends Error {
  override readonly name: "MalformedMessage" = "MalformedMessage";
}

/**
 * Decodes the argument of one `Receive`, message by message: from here on types are certain. Messages of unknown type are left
 * out (P2). Objects are checked in place, not copied. Throws `MalformedMessage` when it comes to one that is not of the protocol.
 */
export function decode(payload: unknown, handle: (message: ServerMessage) => void): void {
  if (!Array.isArray(payload)) return malformed(payload);
  for (const message of payload as readonly unknown[]) {
    if (!isRecord(message)) return malformed(message);
    const isRight = checks.get(message["type"]);
    if (isRight) handle(isRight(message) ? message : malformed(message));
  }
}

function malformed(value: unknown): never {
  throw new MalformedMessage(`Not of protocol ${protocolVersions.max}: ${JSON.stringify(value)?.slice(0, 200)}`);
}

type Unchecked<T> = { readonly [P in keyof T]?: unknown };

function isWelcome(m: Unchecked<Welcome>): m is Welcome {
  return isCount(m.protocol) && typeof m.epoch === "string";
}

function isSubscribed(m: Unchecked<Subscribed>): m is Subscribed {
  return isCount(m.id) && isCount(m.shape) && typeof m.entity === "string"
    && isListOf(m.key, isString) && m.key.length > 0 && isOptional(m.fingerprint, isString);
}

function isFault(m: Unchecked<Fault>): m is Fault {
  return typeof m.code === "string" && typeof m.message === "string" && isOptional(m.id, isCount) && isOptional(m.retryMs, isNumber);
}

function isPart(m: Unchecked<Part>): m is Part {
  return isOptional(m.step, isCount) && isListOf(m.ops, isOp) && isOptional(m.end, isEnd)
    && (m.step !== undefined || m.end !== undefined);
}

function isEnd(m: unknown): m is End {
  return isRecord(m) && isCount(m["offset"]) && typeof m["tag"] === "string" && isOptional(m["transactions"], isStrings);
}

function isOp(m: unknown): m is Op {
  return isRecord(m) && ("rows" in m ? isSnapshot(m) : isRowOp(m));
}

function isSnapshot(m: Unchecked<SnapshotOp>): boolean {
  return isCount(m.shape) && isListOf(m.rows, isRecord) && (m.snapshot === null || isOptional(m.snapshot, isPgSnapshot));
}

function isPgSnapshot(m: unknown): m is Snapshot {
  return isRecord(m) && isString(m["xmin"]) && isString(m["xmax"]) && isStrings(m["active"]);
}

function isRowOp(m: Unchecked<RowOp>): boolean {
  return isKey(m.key) && isCount(m.version) && isOptional(m.row, isRecord) && isOptional(m.set, isRecord)
    && isOptional(m.insert, isCounts) && isOptional(m.update, isCounts) && isOptional(m.delete, isCounts)
    && (m.insert === undefined || m.row !== undefined)
    && (m.update === undefined || m.row !== undefined || m.set !== undefined);
}

type Check = (message: Record<string, unknown>) => message is Record<string, unknown> & ServerMessage;

const checks: ReadonlyMap<unknown, Check> = new Map([
  ["part", isPart as Check], ["subscribed", isSubscribed as Check], ["welcome", isWelcome as Check], ["error", isFault as Check],
]);

function isKey(value: unknown): value is WireKey {
  return isKeyValue(value) || (Array.isArray(value) && value.length > 0 && value.every(isKeyValue));
}

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is readonly number[] => isListOf(value, isCount);
const isStrings = (value: unknown): value is readonly string[] => isListOf(value, isString);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] {
  if (!Array.isArray(value)) return false;
  for (const item of value as readonly unknown[]) if (!is(item)) return false;
  return true;
}

function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || is(value);
}
