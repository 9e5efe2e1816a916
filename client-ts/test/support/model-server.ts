import type { Ask, ClientMessage, Op, RowOp, Target } from "../../src/protocol.js";

/** A row of the model's one entity. `v` is the commit that wrote it last. */
export interface ModelRow { readonly id: number; readonly list: number; readonly title: string; readonly v: number }

/** One write of a transaction; without values a delete. */
export interface Write { readonly id: number; readonly list?: number; readonly title?: string }

type Table = ReadonlyMap<number, ModelRow>;
const allColumns = ["id", "list", "title", "v"] as const;

interface Shape { readonly name: string; readonly number: number; readonly matches: (row: ModelRow) => boolean; readonly columns: readonly string[] }
interface Subscription { readonly id: number; readonly shape: Shape; readonly resumed: boolean }

/** A snapshot that is on its way: what was asked for, the shapes whose rows were sent, and the commit that they are of. */
interface Stream { readonly step: number; readonly asked: readonly Subscription[]; readonly shapes: readonly Shape[]; readonly at: number }

/** A table with its whole history: `at(n)` is the table after commit n. Its log may begin a new epoch, in which versions begin anew. */
export class History {
  readonly #tables: Table[] = [new Map()];
  #epoch = { name: "epoch 0", from: 0 };

  get epoch(): { readonly name: string; readonly from: number } {
    return this.#epoch;
  }

  beginEpoch(): void {
    this.#epoch = { name: `epoch ${Number(this.#epoch.name.slice(6)) + 1}`, from: this.head };
  }

  /** The commit that wrote a row last, at some commit. */
  writtenAt(key: number, commit: number): number {
    let last = commit;
    while (this.at(last).get(key) === this.at(last - 1).get(key)) last--;
    return last;
  }

  get head(): number {
    return this.#tables.length - 1;
  }

  at(commit: number): Table {
    return this.#tables[commit] as Table;
  }

  commit(writes: readonly Write[]): void {
    const table = new Map(this.at(this.head));
    const v = this.#tables.length;
    for (const { id, ...values } of writes) {
      if (values.list === undefined && values.title === undefined) table.delete(id);
      else table.set(id, { list: 1, title: "", ...table.get(id), ...values, id, v });
    }
    this.#tables.push(table);
  }
}

/** What a shape shows of the table after a commit. */
export function evaluate(target: Target, table: Table): Record<string, unknown>[] {
  const shape = toShape("", 0, target);
  return [...table.values()].filter(shape.matches).map((row) => project(row, shape.columns));
}

/** How a connection differs from others that are as correct. */
export interface Manner {
  /** Whether a subscription is accepted when its snapshot has been read, not when it is asked for. */
  readonly late: boolean;
  /** Whether the connection is to another epoch, whose versions begin anew. */
  readonly newEpoch: boolean;
  /** Whether the log no longer reaches back to where the client was. */
  readonly forgot: boolean;
}

/**
 * What a correct server says on one connection, message for message, at a pace that the test decides: a snapshot is of any moment around the
 * position, and enters at any later position together with every changeset that it does not see (rules 9 and 10).
 */
export class ModelConnection {
  readonly #history: History;
  readonly #say: (message: unknown) => void;
  readonly #shapes = new Map<string, Shape>();
  readonly #subscriptions = new Map<number, Subscription>();
  /** The shapes whose diffs are sent: from the first snapshot on, for as long as any subscription, also a loading one, has the shape. */
  readonly #live = new Set<Shape>();
  #asked: (readonly Subscription[])[] = [];
  #offset: number;
  readonly #late: boolean;
  readonly #forgot: boolean;
  readonly #accepted = new Set<Subscription>();
  #stream: Stream | undefined;
  #steps = 1_000_000;
  /** What the client's rows are as of, where it can go on from there. */
  #resumeFrom: number | undefined;

  constructor(history: History, say: (message: unknown) => void, { late, newEpoch, forgot }: Manner) {
    if (newEpoch) history.beginEpoch();
    this.#history = history;
    this.#say = say;
    this.#offset = history.head;
    this.#late = late;
    this.#forgot = forgot;
  }

  hear(message: ClientMessage): void {
    switch (message.type) {
      case "hello":
        if (message.position?.epoch === this.#history.epoch.name && !this.#forgot) this.#resumeFrom = message.position.offset;
        return this.#say({ type: "welcome", protocol: 1, epoch: this.#history.epoch.name });
      case "unsubscribe":
        message.ids.forEach((id) => this.#subscriptions.delete(id));
        for (const shape of this.#live) if (![...this.#subscriptions.values()].some((open) => open.shape === shape)) this.#live.delete(shape);
        return;
      case "subscribe": {
        const asked = message.subscriptions.map((ask) => ({ id: ask.id, shape: this.#shape(ask), resumed: this.#resumes(ask) }));
        // Of one shape, all go on or none does.
        const anew = new Set(asked.filter(({ resumed }) => !resumed).map(({ shape }) => shape));
        this.#asked.push(asked.map((subscription) => ({ ...subscription, resumed: !anew.has(subscription.shape) })));
        for (const subscription of this.#asked.at(-1) ?? []) {
          this.#subscriptions.set(subscription.id, subscription);
          if (!this.#late && !subscription.resumed) this.#accept(subscription);
        }
      }
    }
  }

  /** Routes the next changeset, if there is one. */
  advance(): void {
    if (this.#offset === this.#history.head) return;
    this.#offset++;
    this.#step(this.#changes(this.#offset - 1, this.#offset, [...this.#live]), this.#offset);
  }

  /** Answers the oldest subscribe message. `back`: how far behind the head the snapshot is; `ahead`: how far after it the step enters. */
  answer(back: number, ahead: number): void {
    const asked = this.#open(this.#asked.shift());
    if (asked.length === 0) return;
    this.#acceptAll(asked);
    const at = this.#behind(back);
    const shapes = shapesOf(asked.filter(({ resumed }) => !resumed));
    const resumed = shapesOf(asked.filter((subscription) => subscription.resumed));
    const ops: Op[] = shapes.map((shape) => ({ shape: shape.number, snapshot: null, rows: this.#rows(shape, at) }));
    const [end, joined] = this.#enter(shapes, at, ahead, resumed);
    this.#step([...ops, ...joined], end, true);
  }

  /** Begins to answer the oldest subscribe message: sends the rows of the snapshot, in parts, and leaves the step unfinished. */
  begin(back: number): void {
    if (this.#stream || this.#asked[0]?.some(({ resumed }) => resumed)) return;
    const asked = this.#open(this.#asked.shift());
    if (asked.length === 0) return;
    this.#acceptAll(asked);
    const stream = { step: ++this.#steps, asked, shapes: shapesOf(asked), at: this.#behind(back) };
    this.#stream = stream;
    for (const shape of stream.shapes) {
      this.#part({ shape: shape.number, snapshot: null, rows: [] });
      for (const row of this.#rows(shape, stream.at)) this.#part({ shape: shape.number, rows: [row] });
    }
  }

  /** Ends the step that is unfinished, with what joins the snapshot; or, where it cannot, or is not to, drops it, and what is still wanted is to be answered anew. */
  end(ahead: number, drop = false): void {
    const { step, asked, shapes, at } = this.#stream ?? {};
    if (!asked || !shapes || at === undefined) return;
    const open = this.#open(asked);
    const wanted = new Set(shapesOf(open));
    const isTaken = [...this.#subscriptions.values()].some(({ shape }) => shapes.includes(shape) && !wanted.has(shape));
    if (drop || open.length === 0 || isTaken) {
      this.#say({ type: "part", step, ops: [], dropped: true });
      this.#asked.unshift(open);
    } else {
      const [offset, ops] = this.#enter([...wanted], at, ahead, []);
      this.#say({ type: "part", step, ops, end: { offset, tag: "t" } });
    }
    this.#stream = undefined;
  }

  get hasWork(): boolean {
    return this.#stream !== undefined || this.#asked.length > 0 || this.#offset < this.#history.head;
  }

  /** Whether the client has the rows: of a shape that is live already, it would be told twice. */
  #resumes(ask: Ask): boolean {
    const shape = this.#shape(ask);
    return this.#resumeFrom !== undefined && ask.fingerprint === shape.name && !this.#live.has(shape);
  }

  #open(asked: readonly Subscription[] = []): readonly Subscription[] {
    return asked.filter((subscription) => this.#subscriptions.get(subscription.id) === subscription);
  }

  #behind(back: number): number {
    return Math.max(this.#history.epoch.from, this.#history.head - back);
  }

  #rows(shape: Shape, at: number): Record<string, unknown>[] {
    return [...this.#history.at(at).values()].filter(shape.matches).map((row) => project(row, shape.columns));
  }

  /** Moves on to where shapes enter that are as of some commit. Returns that position, and the row ops of the step. */
  #enter(shapes: readonly Shape[], at: number, ahead: number, resumed: readonly Shape[]): [end: number, ops: RowOp[]] {
    const end = Math.min(this.#history.head, Math.max(at, this.#offset) + ahead);
    const ops = this.#resumeFrom === undefined ? [] : this.#changes(this.#resumeFrom, end, resumed);
    const live = [...this.#live].filter((shape) => !shapes.includes(shape));
    for (let commit = Math.min(at, this.#offset) + 1; commit <= end; commit++) {
      const concerned = [...(commit > this.#offset ? live : []), ...(commit > at ? shapes : [])];
      ops.push(...this.#changes(commit - 1, commit, concerned));
    }
    for (const shape of [...shapes, ...resumed]) this.#live.add(shape);
    this.#offset = end;
    return [end, ops];
  }

  #part(op: Op): void {
    this.#say({ type: "part", step: this.#stream?.step, ops: [op] });
  }

  #acceptAll(asked: readonly Subscription[]): void {
    for (const subscription of asked) if (this.#late || subscription.resumed) this.#accept(subscription);
  }

  #accept(subscription: Subscription): void {
    if (this.#accepted.has(subscription)) return;
    this.#accepted.add(subscription);
    const { id, shape, resumed } = subscription;
    this.#say({ type: "subscribed", id, shape: shape.number, entity: "Card", key: ["id"], fingerprint: shape.name, ...(resumed ? { resumed } : {}) });
  }

  #step(ops: readonly Op[], offset: number, always = false): void {
    if (ops.length > 0 || always) this.#say({ type: "steps", steps: [ops], end: { offset, tag: "t" } });
  }

  #changes(from: number, to: number, shapes: readonly Shape[]): RowOp[] {
    return changes(this.#history, from, to, shapes).map((op) => ({ ...op, version: op.version - this.#history.epoch.from }));
  }

  #shape(target: Target): Shape {
    const { keys, where, columns = allColumns } = target;
    const name = JSON.stringify([keys ? [...keys].sort() : null, where ?? null, [...new Set(["id", ...columns])].sort()]);
    let shape = this.#shapes.get(name);
    if (!shape) this.#shapes.set(name, (shape = toShape(name, this.#shapes.size + 1, target)));
    return shape;
  }
}

function toShape(name: string, number: number, { keys, where, columns = allColumns }: Target): Shape {
  const list = where?.["list"] as number | { readonly in: readonly number[] } | undefined;
  return {
    name,
    number,
    columns: allColumns.filter((column) => column === "id" || columns.includes(column)),
    matches: (row) =>
      (keys === undefined || keys.includes(row.id))
      && (list === undefined || (typeof list === "number" ? row.list === list : list.in.includes(row.list))),
  };
}

/** What some commits come to: one op for each row and column set (P15). Columns that a shape does not contain cause none (F3). */
function changes(history: History, from: number, to: number, shapes: readonly Shape[]): RowOp[] {
  const [before, after] = [history.at(from), history.at(to)];
  const ops: RowOp[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === now) continue;
    for (const [columns, same] of groupBy(shapes, (shape) => shape.columns.join())) {
      const names = columns.split(",");
      const changed = names.filter((name) => old?.[name as keyof ModelRow] !== now?.[name as keyof ModelRow]);
      const numbers = (of: (was: boolean, is: boolean) => boolean): number[] =>
        same.filter(({ matches }) => of(old !== undefined && matches(old), now !== undefined && matches(now))).map(({ number }) => number);
      const lists = {
        insert: numbers((was, is) => !was && is),
        update: changed.length > 0 ? numbers((was, is) => was && is) : [],
        delete: numbers((was, is) => was && !is),
      };
      const filled = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
      if (Object.keys(filled).length === 0) continue;
      const values = lists.insert.length > 0 ? { row: project(now as ModelRow, names) } : lists.update.length > 0 ? { set: project(now as ModelRow, changed) } : {};
      ops.push({ key, version: history.writtenAt(key, to), ...values, ...filled });
    }
  }
  return ops;
}

function shapesOf(subscriptions: readonly Subscription[]): Shape[] {
  return [...new Set(subscriptions.map(({ shape }) => shape))];
}

function project(row: ModelRow, columns: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column, row[column as keyof ModelRow]]));
}

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
