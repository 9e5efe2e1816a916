const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export function shortDate(iso: string): string {
  const date = new Date(iso);
  return (date.getFullYear() === new Date().getFullYear() ? day : dayAndYear).format(date);
}

export function fullDate(iso: string): string {
  return full.format(new Date(iso));
}

/** "3 hours ago", "yesterday"; a date from a week on. */
export function timeAgo(iso: string): string {
  const minutes = (Date.parse(iso) - Date.now()) / 60_000;
  if (minutes > -1) return "just now";
  if (minutes > -60) return ago.format(Math.ceil(minutes), "minute");
  if (minutes > -1_440) return ago.format(Math.ceil(minutes / 60), "hour");
  if (minutes > -10_080) return ago.format(Math.ceil(minutes / 1_440), "day");
  return shortDate(iso);
}

export type DueState = "done" | "overdue" | "soon" | "later";

export function dueState(iso: string, done: boolean): DueState {
  if (done) return "done";
  const hours = (Date.parse(iso) - Date.now()) / 3_600_000;
  return hours < 0 ? "overdue" : hours < 48 ? "soon" : "later";
}

/** The local day, as a date field has it. */
export function toDateField(iso: string | null): string {
  if (iso === null) return "";
  const date = new Date(iso);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A date field's day at the time of day that was there before, or at five in the afternoon. */
export function fromDateField(value: string, before: string | null): string | null {
  const [year, month, dayOfMonth] = value.split("-").map(Number);
  if (year === undefined || month === undefined || dayOfMonth === undefined) return null;
  const time = before === null ? undefined : new Date(before);
  return new Date(year, month - 1, dayOfMonth, time?.getHours() ?? 17, time?.getMinutes() ?? 0).toISOString();
}

/** Two letters for a round picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase();
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** "2.50" is shown as "2.5". */
export function trimDecimal(value: string): string {
  return value.includes(".") ? value.replace(/\.?0+$/, "") : value;
}
