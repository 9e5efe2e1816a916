import type { Snapshot, Target } from "../../src/protocol.js";

/** A row of the model's one entity. `v` is the commit that wrote it last. */
export interface ModelRow { readonly id: number; readonly list: number; readonly title: string; readonly v: number }

export type Column = keyof ModelRow;
export const allColumns: readonly Column[] = ["id", "list", "title", "v"];

/** One write of a transaction; without values a delete. */
export interface Write { readonly id: number; readonly list?: number; readonly title?: string }

/** What a transaction did to a row, or, late, what leads from its own before to the newest (rule 7). */
export interface Change {
  readonly key: number;
  readonly version: number;
  readonly before: ModelRow | undefined;
  readonly after: ModelRow | undefined;
  readonly changed: ReadonlySet<Column>;
  /** The transaction that has left `after`. */
  readonly transaction: number;
  readonly isLate: boolean;
}

/** An entry of the log, as it is routed. */
export interface Entry { readonly commit: number; readonly changes: readonly Change[] }

type Table = ReadonlyMap<number, ModelRow>;
type Newest = ReadonlyMap<number, { readonly commit: number; readonly transaction: number; readonly after: ModelRow | undefined }>;

interface Commit {
  readonly changes: readonly Change[];
  /** The table after it. */
  readonly table: Table;
  /** The transactions that a snapshot sees after it. */
  readonly snapshot: Snapshot;
  /** Its place in the log, when it has one. */
  offset?: number;
}

/** Transaction ids grow over a power of ten: they are compared as numbers. */
const firstTransaction = 96;

/**
 * A table with its whole history: commits, numbered from 1, and the log that they reach, some later than others. It may be restored to what
 * it was: that begins an epoch, in which versions and transactions begin anew.
 */
export class History {
  readonly #commits: Commit[] = [];
  readonly #log: Entry[] = [{ commit: 0, changes: [] }];
  /** What is known of each row at each offset. */
  readonly #newest: Newest[] = [new Map()];
  #unpublished: number[] = [];
  #epoch = { name: "epoch 0", commit: 0, offset: 0 };
  #nextTransaction = 0;
  /** Transactions that have begun. */
  #open: number[] = [];
  #shown = 0;
  #horizon = 0;
  /** Whether a snapshot has ever shown what the log did not have. */
  wasAhead = false;

  constructor() {
    this.#beginTransactions();
    this.#commits.push({ changes: [], table: new Map(), snapshot: this.#snapshot(), offset: 0 });
  }

  get epoch(): { readonly name: string; readonly commit: number; readonly offset: number } {
    return this.#epoch;
  }

  /** The last commit. */
  get last(): number {
    return this.#commits.length - 1;
  }

  /** The log's newest offset. */
  get head(): number {
    return this.#log.length - 1;
  }

  get isPublished(): boolean {
    return this.#unpublished.length === 0;
  }

  /** The last commit of those that the log has without a gap. */
  get complete(): number {
    return this.isPublished ? this.last : Math.min(...this.#unpublished) - 1;
  }

  /** The first commit of which a snapshot may be that is read at an offset: where the log lacks something there, what has been shown is not read older again. */
  earliest(offset: number): number {
    let newest = this.#shown;
    for (let place = this.#epoch.offset; place <= offset; place++) newest = Math.max(newest, this.entry(place).commit);
    return this.offsetOf(newest) > offset ? newest : this.#epoch.commit;
  }

  /** Whether the log has a commit. */
  has(commit: number): boolean {
    return this.#commits[commit]?.offset !== undefined;
  }

  at(commit: number): Table {
    return (this.#commits[commit] as Commit).table;
  }

  entry(offset: number): Entry {
    return this.#log[offset] as Entry;
  }

  /** No snapshot that anybody has shows a transaction from here on. */
  get horizon(): number {
    return this.#horizon;
  }

  /** Reads the table after a commit. */
  read(commit: number): Snapshot {
    const { snapshot } = this.#commits[commit] as Commit;
    this.#shown = Math.max(this.#shown, commit);
    this.wasAhead ||= commit > this.complete;
    this.#horizon = Math.max(this.#horizon, Number(snapshot.xmax));
    return snapshot;
  }

  /** The first offset at which the log has everything up to a commit; infinite where it does not yet. */
  offsetOf(commit: number): number {
    let offset = this.#epoch.offset;
    for (let n = this.#epoch.commit + 1; n <= commit; n++) offset = Math.max(offset, this.#commits[n]?.offset ?? Infinity);
    return offset;
  }

  /** The last offset up to which there is nothing that comes after a commit. */
  offsetBefore(commit: number): number {
    let offset = this.#epoch.offset;
    while (offset < this.head && this.entry(offset + 1).commit <= commit) offset++;
    return offset;
  }

  /** `isOld`: the transaction began before others that have ended. `isSlow`: it is published later. */
  commit(writes: readonly Write[], isOld: boolean, isSlow: boolean): void {
    const before = this.at(this.last);
    const table = new Map(before);
    const v = this.last + 1;
    for (const { id, ...values } of writes) {
      if (values.list === undefined && values.title === undefined) table.delete(id);
      else table.set(id, { list: 1, title: "", ...table.get(id), ...values, id, v });
    }
    this.#open.push(this.#nextTransaction++);
    const transaction = (isOld ? this.#open.shift() : this.#open.pop()) as number;
    const changes: Change[] = [];
    for (const { id } of writes) {
      if (changes.some(({ key }) => key === id)) continue;
      const change = between(id, v - this.#epoch.commit, before.get(id), table.get(id), transaction, false);
      if (change) changes.push(change);
    }
    this.#commits.push({ changes, table, snapshot: this.#snapshot() });
    if (isSlow) this.#unpublished.push(v);
    else this.#publish(v);
  }

  /** Lets one of the commits that the log lacks come into it. */
  publish(which: number): void {
    const [commit] = this.#unpublished.splice(which % Math.max(1, this.#unpublished.length), 1);
    if (commit !== undefined) this.#publish(commit);
  }

  /** The table is what it was some commits ago; nothing else that was known holds any more. */
  restore(back: number): void {
    this.#unpublished = [];
    this.#beginTransactions();
    const table = this.at(Math.max(0, this.last - back));
    this.#commits.push({ changes: [], table, snapshot: this.#snapshot(), offset: this.head + 1 });
    this.#log.push({ commit: this.last, changes: [] });
    this.#newest.push(new Map([...table].map(([key, after]) => [key, { commit: this.last, transaction: 0, after }])));
    this.#epoch = { name: `epoch ${Number(this.#epoch.name.slice(6)) + 1}`, commit: this.last, offset: this.head };
    this.#shown = this.#horizon = 0;
  }

  /** The last commit of a row that the log has up to an offset. */
  lastOf(key: number, offset: number): number {
    return this.#newest[offset]?.get(key)?.commit ?? 0;
  }

  /** The table as the log tells it up to an offset, and the rows of which it tells less than somebody may see there. */
  shown(offset: number): { readonly table: ReadonlyMap<number, ModelRow>; readonly unsettled: ReadonlySet<number> } {
    const newest = this.#newest[offset] as Newest;
    const unsettled = new Set<number>();
    for (let n = this.#epoch.commit + 1; n <= this.last; n++) {
      const { offset: place = Infinity, changes } = this.#commits[n] as Commit;
      if (place > offset) for (const { key } of changes) if (n <= this.#shown || n < (newest.get(key)?.commit ?? 0)) unsettled.add(key);
    }
    const table = new Map<number, ModelRow>();
    for (const [key, { after }] of newest) if (after) table.set(key, after);
    return { table, unsettled };
  }

  #publish(commit: number): void {
    const { changes } = this.#commits[commit] as Commit;
    const newest = new Map(this.#newest[this.head]);
    const routed: Change[] = [];
    for (const change of changes) {
      const known = newest.get(change.key);
      const isLate = !!known && known.commit > commit;
      if (!isLate) newest.set(change.key, { commit, transaction: change.transaction, after: change.after });
      const now = isLate ? between(change.key, known.commit - this.#epoch.commit, change.before, known.after, known.transaction, true) : change;
      if (now) routed.push(now);
    }
    this.#log.push({ commit, changes: routed });
    this.#newest.push(newest);
    (this.#commits[commit] as Commit).offset = this.head;
  }

  #beginTransactions(): void {
    this.#open = [firstTransaction, firstTransaction + 1];
    this.#nextTransaction = firstTransaction + 2;
  }

  #snapshot(): Snapshot {
    return { xmin: String(Math.min(...this.#open)), xmax: String(this.#nextTransaction), active: this.#open.map(String) };
  }
}

function between(key: number, version: number, before: ModelRow | undefined, after: ModelRow | undefined, transaction: number, isLate: boolean): Change | undefined {
  if (before === after && !(isLate && before)) return undefined;
  const changed = new Set(before && after ? allColumns.filter((column) => before[column] !== after[column]) : []);
  return { key, version, before, after, changed, transaction, isLate };
}

/** Which rows a target is about. */
export function matches({ keys, where }: Target, row: ModelRow | undefined): boolean {
  if (!row) return false;
  const list = where?.["list"] as number | { readonly in: readonly number[] } | undefined;
  return (keys === undefined || keys.includes(row.id))
    && (list === undefined || (typeof list === "number" ? row.list === list : list.in.includes(row.list)));
}

/** The columns that a target shows: the key's always come along. */
export function columnsOf({ columns = allColumns }: Target): readonly Column[] {
  return allColumns.filter((column) => column === "id" || columns.includes(column));
}
