import type { Row } from "./keys.js";

/** Compares two rows; 0 only for the same row. */
export type CompareRows = (a: Row, b: Row) => number;

/** How a user writes an order: one object, or several, the most important first. */
export type OrderTerms = Readonly<Record<string, "asc" | "desc" | undefined>> | readonly Readonly<Record<string, "asc" | "desc" | undefined>>[];

/** Makes the comparison for an order; ties go by the key's columns. */
export function compareBy(orderBy: OrderTerms, keyColumns: readonly string[]): CompareRows {
  const terms = [orderBy].flat().flatMap((term) => Object.entries(term));
  const columns = [...terms.map(([column]) => column), ...keyColumns];
  const signs = [...terms.map(([, direction]) => (direction === "desc" ? -1 : 1)), ...keyColumns.map(() => 1)];
  return (a, b) => {
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as string;
      const order = compareValues(a[column], b[column]);
      if (order !== 0) return order * (signs[i] as number);
    }
    return 0;
  };
}

/**
 * A total order of column values: booleans, numbers, strings, JSON, null. Strings that are decimal numbers count as numbers, since
 * that is how `long` and `decimal` arrive; they compare exactly, also beyond 2^53. Other strings compare by code unit.
 */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return a - b;
  const rankA = rank(a);
  const rankB = rank(b);
  if (rankA !== rankB) return rankA - rankB;
  if (rankA === 1) return compareNumbers(String(a), String(b));
  if (rankA === 3) return compareSame(JSON.stringify(a), JSON.stringify(b));
  return rankA === 4 ? 0 : compareSame(a as string | boolean, b as string | boolean);
}

const numeric = /^(-?(\d+(\.\d+)?|Infinity)|NaN)$/;

function rank(value: unknown): number {
  switch (typeof value) {
    case "boolean":
      return 0;
    case "number":
      return 1;
    case "string":
      return numeric.test(value) ? 1 : 2;
    default:
      return value === null || value === undefined ? 4 : 3;
  }
}

/** Reading a number as a double keeps its order; where two have the same double, their digits decide. NaN comes last. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return compareSame(x, y) || (a.length - b.length || compareSame(a, b)) * (x < 0 ? -1 : 1);
}

function compareSame<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
