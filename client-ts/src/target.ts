import { isObject } from "./equality.js";
import { isKeyValue } from "./keys.js";
import type { LooseKey, Scalar } from "./schema.js";
import type { Target, WireTerm } from "./protocol.js";

/** What a user asks for, before it is checked. */
export interface Request {
  readonly entity: string;
  readonly keys?: readonly LooseKey[] | undefined;
  readonly where?: Readonly<Record<string, unknown>> | undefined;
  readonly columns?: readonly string[] | undefined;
}

/**
 * Makes a target of a request: values in wire form, keys and lists without repeats. Throws TypeError where a value cannot
 * be sent; a filter's `undefined` is refused, not dropped, since dropping it would show more than was asked for.
 */
export function toTarget({ entity, keys, where, columns }: Request): Target {
  return {
    entity,
    keys: keys && distinct(keys.map((key) => toKey(entity, key))),
    where: where && Object.keys(where).length > 0 ? mapValues(where, (value, column) => toTerm(`${entity}.${column}`, value)) : undefined,
    columns: columns && distinct(columns),
  };
}

/** Whether no row can match, whatever the database holds: nothing needs to be asked. */
export function matchesNothing({ keys, where }: Target): boolean {
  return keys?.length === 0
    || Object.values(where ?? {}).some((term) => isObject(term) && term.in.length === 0);
}

function toTerm(name: string, value: unknown): WireTerm {
  if (!isObject(value)) return toValue(name, value);
  const { in: list, ...rest } = value as { readonly in?: unknown };
  if (!Array.isArray(list) || Object.keys(rest).length > 0) {
    throw new TypeError(`LiveHub: ${name} must be a value or { in: [...] }, not ${JSON.stringify(value)}.`);
  }
  return { in: distinct(list.map((item: unknown) => toValue(name, item))) };
}

function toKey(entity: string, key: unknown): LooseKey {
  if (!isObject(key)) return toScalar(`A key of ${entity}`, key);
  return mapValues(key as Readonly<Record<string, unknown>>, (value, column) => toScalar(`${entity}.${column}`, value));
}

function toValue(name: string, value: unknown): Scalar | null {
  return value === null ? null : toScalar(name, value);
}

function toScalar(name: string, value: unknown): Scalar {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value);
  if (isKeyValue(value)) return value;
  throw new TypeError(`LiveHub: ${name} must be a string, number or boolean, not ${String(value)}.`);
}

/**
 * The same text for targets (or their parts) that mean the same: JSON with names and lists in order, since every list of a target is a
 * set. Equal targets share one subscription.
 */
export function canonical(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).sort().join()}}`;
}

function distinct<T extends LooseKey | null>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map((item) => [canonical(item), item])).values()];
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, f: (value: V, name: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
}
