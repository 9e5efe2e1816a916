import { isObject } from "./equality.js";
import type { Row } from "./keys.js";

/** Compares two rows; 0 only for the same row. */
export type CompareRows = (a: Row, b: Row) => number;

/** How a user writes an order: one object, or several, the most important first. */
export type OrderTerms = Readonly<Record<string, "asc" | "desc" | undefined>> | readonly Readonly<Record<string, "asc" | "desc" | undefined>>[];

/** Makes the comparison for an order; ties go by the key's columns. */
export function compareBy(orderBy: OrderTerms, keyColumns: readonly string[]): CompareRows {
  const terms = [orderBy].flat().flatMap((term) => Object.entries(term)).concat(keyColumns.map((column) => [column, "asc"]));
  return (a, b) => {
    for (const [column, direction] of terms) {
      const order = compareValues(a[column], b[column]);
      if (order !== 0) return direction === "desc" ? -order : order;
    }
    return 0;
  };
}

/**
 * A total order of column values: booleans, numbers, NaN, strings, JSON, null. Strings that are decimal numbers count as numbers, since
 * that is how `long` and `decimal` arrive; they compare exactly, also beyond 2^53. Other strings compare by code unit.
 */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  const rankA = rank(a);
  const rankB = rank(b);
  if (rankA !== rankB) return rankA - rankB;
  if (rankA === 1) return compareNumbers(String(a), String(b));
  if (rankA === 4) return compareSame(JSON.stringify(a), JSON.stringify(b));
  return compareSame(a as string | boolean, b as string | boolean);
}

const numeric = /^-?(\d+(\.\d+)?|Infinity)$/;

function rank(value: unknown): number {
  if (typeof value === "string") return value === "NaN" ? 2 : numeric.test(value) ? 1 : 3;
  return typeof value === "number" ? 1 : typeof value === "boolean" ? 0 : isObject(value) ? 4 : 5;
}

/** Reading a number as a double keeps its order; where two have the same double, their digits decide. */
function compareNumbers(a: string, b: string): number {
  return compareSame(Number(a), Number(b)) || compareDigits(a, b) * (a.startsWith("-") ? -1 : 1);
}

/** Compares decimal strings without leading zeros, however long: by the length of what is before the point, then digit by digit. */
export function compareDigits(a: string, b: string): number {
  return a.search(point) - b.search(point) || compareSame(a, b);
}

const point = /\.|$/;

function compareSame<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
