import type { Scalar } from "./schema.js";

/** No number's text is longer: longer strings (Guids) need not be tried. */
const maxNumberLength = 24;

/** A row as it came off the wire. Never mutated: rows are shared, an update makes a new one. */
export type Row = Readonly<Record<string, unknown>>;

/** A key as it comes in messages: a value, or the values of a composite key in the order of its columns. */
export type WireKey = Scalar | readonly Scalar[];

/**
 * The canonical form of a key, by which rows are found: a number where the value is one or is the text of one, since a `long` is
 * a string on the wire and `42` is accepted for `"42"`; else a string. A composite key is the JSON of its values' texts.
 */
export type Key = string | number;

/** The canonical form of a key in a message. */
export function canonicalKey(key: WireKey): Key {
  if (typeof key !== "object") return canonicalValue(key);
  return key.length === 1 ? canonicalValue(key[0] as Scalar) : JSON.stringify(key.map(String));
}

/** The canonical key of a row of a shape. Throws where the row lacks a column of it, and does not say what the row holds: that is not for the console. */
export function keyOfRow(row: Row, shape: number, columns: readonly string[]): Key {
  const values = columns.map((column) => row[column]);
  if (values.every(isKeyValue)) return canonicalKey(values);
  throw new Error(`A row of shape ${shape} lacks its key ${columns.join()}.`);
}

/** Whether a value can be a key, or a column of one. */
export function isKeyValue(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function canonicalValue(value: Scalar): Key {
  if (typeof value === "number") return value;
  const text = String(value);
  if (text.length > maxNumberLength) return text;
  const number = Number(text);
  return String(number) === text ? number : text;
}
