import { append } from "./append.js";
import type { Row } from "./keys.js";

/** Whether a value is an object or an array. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Whether two values of a column are the same. Only JSON columns hold objects. */
export function sameValue(a: unknown, b: unknown): boolean {
  return a === b || (isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b) && sameRow(a as Row, b as Row));
}

/** Whether two rows have the same columns with the same values. JSON has no undefined, so a value that is equal is there. */
export function sameRow(a: Row, b: Row): boolean {
  let columns = 0;
  for (const column in a) {
    if (!sameValue(a[column], b[column])) return false;
    columns++;
  }
  for (const _ in b) columns--;
  return columns === 0;
}

/** The row, as the object that it was before where that says the same. */
export function sameOr(before: Row | undefined, row: Row): Row {
  return before && sameRow(before, row) ? before : row;
}

/** The row with some columns set: itself where nothing differs, else a new one. */
export function withColumns(row: Row, set: Row): Row {
  for (const column in set) {
    if (!sameValue(row[column], set[column])) return { ...row, ...set };
  }
  return row;
}

/** The columns in which two rows differ. */
export function changedColumns(before: Row, after: Row): string[] {
  let columns: string[] = [];
  for (const column in after) {
    if (!sameValue(before[column], after[column])) columns = append(columns, column);
  }
  return columns;
}
