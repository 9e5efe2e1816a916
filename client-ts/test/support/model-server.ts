import type { Ask, ClientMessage, Op, RowOp, SnapshotOp, Target } from "../../src/protocol.js";
import { columnsOf, matches, type Change, type Column, type Entry, type History, type ModelRow } from "./history.js";

interface Shape { readonly name: string; readonly number: number; readonly target: Target; readonly columns: readonly Column[] }
interface Subscription { readonly id: number; readonly shape: Shape; readonly resumed: boolean }
type Kind = "insert" | "update" | "delete";

/** A snapshot op that tells the test of which commit it is; the client ignores what it does not know. */
export interface ReadOp extends SnapshotOp { readonly commit: number }

/** A shape whose rows are as of an earlier offset. */
interface Behind {
  readonly shape: Shape;
  readonly after: number;
  /** The last commit that its rows show; undefined where they are the client's own. */
  readonly read?: number;
}

/** What has been read and has not entered yet. */
interface Entering {
  readonly asked: readonly Subscription[];
  readonly snapshots: readonly Shape[];
  readonly commit: number;
  readonly step: number;
  /** Those ops of the step that were not sent ahead. */
  readonly rest: readonly SnapshotOp[];
}

/** How a connection differs from others that are as correct. */
export interface Manner {
  /** Whether a subscription is accepted when its snapshot has been read, not when it is asked for. */
  readonly late: boolean;
  /** Whether the log no longer reaches back to where the client was. */
  readonly forgot: boolean;
  /** Whether what joins a snapshot comes changeset by changeset, what it shows already included. */
  readonly one: boolean;
  /** Whether a snapshot may show what the log does not have yet. */
  readonly ahead: boolean;
}

/** How often what was sent: a property that never gets there shows nothing. */
export type Counts = Record<
  "step" | "snapshot" | "resumed" | "forgotten" | "streamed" | "between" | "late" | "waiting" | "named" | "again" | "reread" | "fault" | "shared" | "unsubscribed", number
>;

export const noCounts = (): Counts => ({
  step: 0, snapshot: 0, resumed: 0, forgotten: 0, streamed: 0, between: 0, late: 0, waiting: 0, named: 0, again: 0, reread: 0, fault: 0, shared: 0, unsubscribed: 0,
});

/**
 * What a correct server says on one connection, message for message, at a pace that the test decides: a snapshot is of any moment around the
 * position, and enters at any later position together with every changeset that it does not see (rules 9 and 10).
 */
export class ModelConnection {
  readonly #history: History;
  readonly #say: (message: unknown) => void;
  readonly #manner: Manner;
  readonly #counts: Counts;
  readonly #shapes = new Map<string, Shape>();
  readonly #subscriptions = new Map<number, Subscription>();
  /** The shapes whose diffs are sent, each from some offset on: as long as any subscription, also a loading one, has the shape. */
  readonly #live = new Map<Shape, number>();
  #asked: (readonly Subscription[])[] = [];
  #entering: Entering | undefined;
  #steps = 1000;
  #offset: number;
  /** What the client's rows are as of, where it can go on from there. */
  #resumeFrom: number | undefined;

  constructor(history: History, say: (message: unknown) => void, manner: Manner, counts: Counts) {
    this.#history = history;
    this.#say = say;
    this.#offset = history.head;
    this.#manner = manner;
    this.#counts = counts;
  }

  hear(message: ClientMessage): void {
    switch (message.type) {
      case "hello": {
        const { position } = message;
        if (position?.epoch === this.#history.epoch.name && !this.#manner.forgot) this.#resumeFrom = position.offset;
        else if (position) this.#counts.forgotten++;
        return this.#say({ type: "welcome", protocol: 1, epoch: this.#history.epoch.name });
      }
      case "unsubscribe":
        message.ids.forEach((id) => this.#drop(id));
        this.#counts.unsubscribed++;
        return;
      case "subscribe": {
        const asked = message.subscriptions.map((ask) => ({ id: ask.id, shape: this.#shape(ask), resumed: this.#resumes(ask) }));
        // Of one shape, all go on or none does.
        const anew = new Set(asked.filter(({ resumed }) => !resumed).map(({ shape }) => shape));
        const all = asked.map((subscription) => ({ ...subscription, resumed: !anew.has(subscription.shape) }));
        this.#asked.push(all);
        for (const subscription of all) {
          this.#subscriptions.set(subscription.id, subscription);
          if (!this.#manner.late && !subscription.resumed) this.#accept(subscription);
        }
      }
    }
  }

  /** Routes the next changeset, if there is one. */
  advance(): void {
    if (this.#offset === this.#history.head) return;
    if (this.#entering) this.#counts.between++;
    this.#offset++;
    this.#send(this.#diffs(this.#history.entry(this.#offset), [...this.#live.keys()]));
  }

  /** A changeset that was sent comes once more (rule 15): what is newer is known. */
  again(back: number): void {
    const offset = this.#offset - back;
    if (offset <= this.#history.epoch.offset) return;
    const ops = this.#diffs(this.#history.entry(offset), [...this.#live].filter(([, since]) => since < offset).map(([shape]) => shape));
    if (ops.length > 0) this.#counts.again++;
    this.#send(ops);
  }

  /**
   * Answers the oldest subscribe message, or, where an answer has begun, ends it. `back`: how far the snapshot is behind; `ahead`: how much
   * later than it could the step enters; `isStreamed`: whether its rows are sent before the step can end.
   */
  answer(back: number, ahead: number, isStreamed: boolean): void {
    if (this.#entering) return this.#enter(ahead);
    const asked = (this.#asked.shift() ?? []).filter(this.#isOpen);
    if (asked.length === 0) return;
    if (this.#manner.late) for (const subscription of asked) if (!subscription.resumed) this.#accept(subscription);
    this.#begin(asked, asked.filter(({ resumed }) => !resumed).map(({ shape }) => shape), back, isStreamed);
    if (!isStreamed) this.#enter(ahead);
  }

  /** Reads a live shape again (P25). */
  reread(which: number, back: number, ahead: number): void {
    const live = [...this.#live.keys()];
    const shape = live[which % live.length];
    if (!shape || this.#entering) return;
    this.#counts.reread++;
    this.#begin([], [shape], back, false);
    this.#enter(ahead);
  }

  /** What was asked for last cannot be read now: the client asks again. */
  fail(): void {
    const asked = this.#asked.pop()?.filter(this.#isOpen) ?? [];
    for (const { id } of asked) {
      this.#drop(id);
      this.#counts.fault++;
      this.#say({ type: "error", id, code: "snapshot_failed", message: "later", retryMs: 100 });
    }
  }

  get hasWork(): boolean {
    return this.#entering !== undefined || this.#asked.length > 0 || this.#offset < this.#history.head;
  }

  #begin(asked: readonly Subscription[], shapes: readonly Shape[], back: number, isStreamed: boolean): void {
    const { last, complete } = this.#history;
    const commit = Math.max(this.#history.earliest(this.#offset), (this.#manner.ahead ? last : complete) - back);
    const snapshots = [...new Set(shapes)];
    const ops = snapshots.map((shape): ReadOp => ({
      shape: shape.number,
      snapshot: this.#history.read(commit),
      commit,
      rows: [...this.#history.at(commit).values()].filter((row) => matches(shape.target, row)).map((row) => project(row, shape.columns)),
    }));
    const step = this.#steps++;
    if (isStreamed) {
      this.#counts.streamed++;
      for (const op of ops) this.#say({ type: "part", step, ops: [op] });
    }
    this.#counts.snapshot += snapshots.length;
    this.#entering = { asked, snapshots, commit, step: isStreamed ? step : 0, rest: isStreamed ? [] : ops };
  }

  #enter(ahead: number): void {
    const { asked, snapshots, commit, step, rest } = this.#entering as Entering;
    this.#entering = undefined;
    const goesOn = asked.filter((subscription) => subscription.resumed && this.#isOpen(subscription));
    for (const subscription of goesOn) this.#accept(subscription);
    this.#counts.resumed += goesOn.length;
    const resumed = new Set(goesOn.map(({ shape }) => shape));
    // Where it shows what the log does not have, it does not wait for that.
    const seen = this.#history.offsetOf(commit);
    const end = Math.min(this.#history.head, Math.max(seen === Infinity ? 0 : seen, this.#offset) + ahead);
    const after = this.#history.offsetBefore(commit);
    const behind: Behind[] = [
      ...snapshots.map((shape) => ({ shape, after, read: commit })),
      ...[...resumed].map((shape) => ({ shape, after: this.#resumeFrom as number })),
    ];
    const ops: Op[] = [];
    const others = [...this.#live.keys()].filter((shape) => !snapshots.includes(shape));
    while (this.#offset < end) ops.push(...this.#diffs(this.#history.entry(++this.#offset), others));
    ops.push(...rest, ...(this.#manner.one ? this.#joined(behind.filter(({ read }) => read !== undefined), end) : []));
    ops.push(...this.#caughtUp(this.#manner.one ? behind.filter(({ read }) => read === undefined) : behind, end));
    const open = new Set([...this.#subscriptions.values()].map(({ shape }) => shape));
    for (const { shape } of behind) if (open.has(shape)) this.#live.set(shape, end);
    this.#send(ops, step, true);
  }

  /** Whether the client has the rows: of a shape that is live already, it would be told twice. */
  #resumes(ask: Ask): boolean {
    const shape = this.#shape(ask);
    return this.#resumeFrom !== undefined && ask.fingerprint === shape.name && !this.#live.has(shape);
  }

  #accept({ id, shape, resumed }: Subscription): void {
    this.#say({ type: "subscribed", id, shape: shape.number, entity: "Card", key: ["id"], fingerprint: shape.name, ...(resumed ? { resumed } : {}) });
  }

  /** Whether it is open still; its id may have been given to another since. */
  readonly #isOpen = (subscription: Subscription): boolean => this.#subscriptions.get(subscription.id) === subscription;

  #drop(id: number): void {
    this.#subscriptions.delete(id);
    const open = new Set([...this.#subscriptions.values()].map(({ shape }) => shape));
    for (const shape of this.#live.keys()) if (!open.has(shape)) this.#live.delete(shape);
  }

  #send(ops: readonly Op[], step = 0, always = false): void {
    if (ops.length === 0 && !always) return;
    this.#counts.step++;
    const end = { offset: this.#offset, tag: "t" };
    this.#say(step > 0 ? { type: "part", step, ops, end } : { type: "steps", steps: [ops], end });
  }

  #diffs({ changes }: Entry, shapes: readonly Shape[]): RowOp[] {
    return changes.flatMap((change) => {
      const kinds = shapes.flatMap((shape): [Shape, Kind][] => {
        const kind = diff(shape, change);
        return kind ? [[shape, kind]] : [];
      });
      if (kinds.length > 0 && change.isLate) this.#counts.late++;
      if (change.before && !this.#history.has(change.before.v) && kinds.some(([, kind]) => kind === "update")) this.#counts.waiting++;
      return this.#toOps(change, kinds);
    });
  }

  /** What joins snapshots, changeset by changeset. */
  #joined(behind: readonly Behind[], end: number): RowOp[] {
    const ops: RowOp[] = [];
    for (let offset = this.#history.epoch.offset + 1; offset <= end; offset++) {
      ops.push(...this.#diffs(this.#history.entry(offset), behind.filter(({ after }) => after < offset).map(({ shape }) => shape)));
    }
    return ops;
  }

  /** What shapes lack, each row once, as it is in the end (rule 20). */
  #caughtUp(behind: readonly Behind[], end: number): RowOp[] {
    const rows = new Map<number, { all: Change; readonly outcomes: Map<Shape, { wasThere: boolean; needsAll: boolean; isChanged: boolean }> }>();
    for (let offset = this.#history.epoch.offset + 1; offset <= end; offset++) {
      const { changes, commit } = this.#history.entry(offset);
      for (const change of changes) {
        const concerned = behind.flatMap(({ shape, after, read }) => {
          if (offset <= after || (read !== undefined && commit <= read)) return [];
          const kind = diff(shape, change);
          // One that came late tells that the client may have the row, also where it changes nothing any more.
          return kind || (change.isLate && matches(shape.target, change.before)) ? [{ shape, kind, read }] : [];
        });
        if (concerned.length === 0) continue;
        const row = rows.get(change.key) ?? { all: change, outcomes: new Map() };
        rows.set(change.key, row);
        row.all = { ...change, before: row.all.before, changed: new Set([...row.all.changed, ...change.changed]) };
        for (const { shape, kind, read } of concerned) {
          const { wasThere, needsAll, isChanged } = row.outcomes.get(shape) ?? { wasThere: kind !== "insert" || read !== undefined || change.transaction < this.#history.horizon, needsAll: false, isChanged: false };
          row.outcomes.set(shape, { wasThere: wasThere || change.isLate, needsAll: needsAll || (!!kind && kind !== "update"), isChanged: isChanged || !!kind });
        }
      }
    }
    return [...rows.values()].flatMap(({ all, outcomes }) => {
      const kinds = [...outcomes].flatMap(([shape, { wasThere, needsAll, isChanged }]): [Shape, Kind][] => {
        if (!matches(shape.target, all.after)) return wasThere ? [[shape, "delete"]] : [];
        return needsAll ? [[shape, "insert"]] : isChanged ? [[shape, "update"]] : [];
      });
      return this.#toOps(all, kinds);
    });
  }

  /** One op for each column set (P15). */
  #toOps({ key, version, after, changed, transaction }: Change, kinds: readonly (readonly [Shape, Kind])[]): RowOp[] {
    const ops = new Map<string, { columns: readonly Column[]; insert: number[]; update: number[]; delete: number[] }>();
    for (const [shape, kind] of kinds) {
      const name = shape.columns.join();
      if (!ops.has(name)) ops.set(name, { columns: shape.columns, insert: [], update: [], delete: [] });
      ops.get(name)?.[kind].push(shape.number);
    }
    const isNamed = transaction < this.#history.horizon;
    return [...ops.values()].map(({ columns, ...lists }): RowOp => {
      const filled = Object.fromEntries(Object.entries(lists).filter(([, shapes]) => shapes.length > 0));
      if (isNamed) this.#counts.named++;
      if (kinds.length > 1) this.#counts.shared++;
      const values = lists.insert.length > 0 ? { row: project(after as ModelRow, columns) }
        : lists.update.length > 0 ? { set: project(after as ModelRow, columns.filter((column) => changed.has(column))) }
        : {};
      return { key, version, ...values, ...filled, ...(isNamed ? { transaction: String(transaction) } : {}) };
    });
  }

  #shape(target: Target): Shape {
    const { keys, where } = target;
    const columns = columnsOf(target);
    const name = JSON.stringify([keys ? [...keys].sort() : null, where ?? null, columns]);
    let shape = this.#shapes.get(name);
    if (!shape) this.#shapes.set(name, (shape = { name, number: this.#shapes.size + 1, target: { ...target }, columns }));
    return shape;
  }
}

/** What a shape sees of a change (rule 17). Columns that it does not contain cause nothing (F3). */
function diff({ target, columns }: Shape, { before, after, changed }: Change): Kind | undefined {
  const was = matches(target, before);
  if (!matches(target, after)) return was ? "delete" : undefined;
  if (!was) return "insert";
  return columns.some((column) => changed.has(column)) ? "update" : undefined;
}

function project(row: ModelRow, columns: readonly Column[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column, row[column]]));
}
