import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Diff } from "../src/api.js";
import { asTheyCame } from "../src/arrangement.js";
import { CollectionView } from "../src/collection.js";
import type { Row } from "../src/keys.js";
import type { End, Part, Steps, Subscribed, Target } from "../src/protocol.js";
import { Subscriptions } from "../src/subscriptions.js";
import { columnsOf, History, matches, type Column, type ModelRow, type Write } from "./support/history.js";
import { ModelConnection, noCounts, type Counts, type Manner, type ReadOp } from "./support/model-server.js";
import { splitter } from "./support/split.js";

const targets: readonly Target[] = [
  { entity: "Card" },
  { entity: "Card", where: { list: 1 } },
  { entity: "Card", where: { list: 2 } },
  { entity: "Card", where: { list: { in: [2, 3] } } },
  { entity: "Card", keys: [1] },
  { entity: "Card", keys: [1, 2, 3] },
  { entity: "Card", columns: ["title"] },
  { entity: "Card", where: { list: 1 }, columns: ["title"] },
  // The same columns in other words: another store on the client, the same shape on the server.
  { entity: "Card", where: { list: 1 }, columns: ["id", "list", "title", "v"] },
];

type Event =
  | { readonly do: "write"; readonly writes: readonly Write[]; readonly isOld: boolean; readonly isSlow: boolean }
  | { readonly do: "publish"; readonly which: number }
  | { readonly do: "open"; readonly target: number }
  | { readonly do: "close"; readonly view: number }
  | { readonly do: "answer"; readonly back: number; readonly ahead: number; readonly isStreamed: boolean }
  | { readonly do: "reread"; readonly which: number; readonly back: number; readonly ahead: number }
  | { readonly do: "fail" }
  | { readonly do: "wait" }
  | { readonly do: "advance" }
  | { readonly do: "again"; readonly back: number }
  | { readonly do: "deliver"; readonly messages: number }
  | ({ readonly do: "lose"; readonly restored: number } & Manner);

const id = fc.integer({ min: 1, max: 4 });
const write = fc.oneof(
  { weight: 4, arbitrary: fc.record({ id, list: fc.integer({ min: 1, max: 3 }), title: fc.constantFrom("a", "b") }) },
  { weight: 2, arbitrary: fc.record({ id, list: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ id, title: fc.constantFrom("a", "b") }) },
  { weight: 2, arbitrary: fc.record({ id }) },
);
const sometimes = fc.integer({ min: 0, max: 3 }).map((n) => n === 0);
const manner = { late: fc.boolean(), forgot: sometimes, one: fc.boolean(), ahead: sometimes };
const happens = <Do extends Event["do"], More>(weight: number, what: Do, more: { [K in keyof More]: fc.Arbitrary<More[K]> }) =>
  ({ weight, arbitrary: fc.record({ do: fc.constant(what), ...more }) as unknown as fc.Arbitrary<Event> });
const event: fc.Arbitrary<Event> = fc.oneof(
  happens(8, "write", { writes: fc.array(write, { minLength: 1, maxLength: 3 }), isOld: sometimes, isSlow: sometimes }),
  happens(2, "publish", { which: fc.nat(3) }),
  happens(4, "open", { target: fc.nat(targets.length - 1) }),
  happens(1, "close", { view: fc.nat(9) }),
  happens(4, "answer", { back: fc.nat(3), ahead: fc.nat(3), isStreamed: sometimes }),
  happens(1, "reread", { which: fc.nat(3), back: fc.nat(3), ahead: fc.nat(3) }),
  happens(1, "fail", {}),
  happens(1, "wait", {}),
  happens(5, "advance", {}),
  happens(3, "again", { back: fc.nat(3) }),
  happens(7, "deliver", { messages: fc.integer({ min: 1, max: 5 }) }),
  happens(2, "lose", { restored: fc.integer({ min: -9, max: 3 }), ...manner }),
);

/** Longer than a late change and a passing fault are waited for. */
const longMs = 20_000;

interface Shown {
  readonly id: number;
  readonly view: CollectionView;
  readonly target: Target;
  readonly columns: readonly Column[];
  /** What its diffs come to. */
  readonly replayed: Map<unknown, Row>;
  /** Of each row: the newest version that was shown, and whether it is gone since. */
  readonly versions: Map<unknown, { v: number; isGone: boolean }>;
  /** What was shown when it was looked at last. */
  last: readonly Row[];
}

/** A client that is run against the model server, and everything that must hold whenever a listener is called. */
class Run {
  readonly #history = new History();
  readonly #subscriptions: Subscriptions;
  readonly #shown = new Set<Shown>();
  readonly #counts: Counts;
  #server: ModelConnection;
  #wire: unknown[] = [];
  /** What everything shown is true as of while a message is merged. */
  #position: End | undefined;
  #hasLooked = false;
  /** The shapes of subscriptions, and the commits of which the snapshots are that they have. */
  readonly #shapes = new Map<number, number>();
  readonly #read = new Map<number, number>();
  /** Snapshots of steps that have not ended. */
  readonly #arriving = new Map<number, readonly ReadOp[]>();
  readonly #split: (message: unknown) => readonly unknown[];
  readonly faults: string[] = [];

  constructor(first: Manner, split: (message: unknown) => readonly unknown[], counts: Counts) {
    this.#split = split;
    this.#counts = counts;
    this.#subscriptions = new Subscriptions({
      welcomed() {},
      incompatible: () => this.faults.push("incompatible"),
      leaving: () => this.faults.push("leaving"),
    });
    this.#server = this.#connect(first);
  }

  async handle(event: Event): Promise<void> {
    switch (event.do) {
      case "write":
        this.#history.commit(event.writes, event.isOld, event.isSlow);
        break;
      case "publish":
        this.#history.publish(event.which);
        break;
      case "open":
        this.#open(targets[event.target] as Target);
        break;
      case "close": {
        const shown = [...this.#shown][event.view];
        if (shown) this.#shown.delete(shown);
        shown?.view.close();
        break;
      }
      case "answer":
        this.#server.answer(event.back, event.ahead, event.isStreamed);
        break;
      case "reread":
        this.#server.reread(event.which, event.back, event.ahead);
        break;
      case "fail":
        this.#server.fail();
        break;
      case "wait":
        vi.advanceTimersByTime(longMs);
        break;
      case "advance":
        this.#server.advance();
        break;
      case "again":
        this.#server.again(event.back);
        break;
      case "deliver":
        this.#deliver(event.messages);
        break;
      case "lose":
        this.#lose(event);
    }
    await null;
    await null;
  }

  /** Lets everything arrive, and holds every collection against its query. */
  async finish(): Promise<readonly string[]> {
    while (!this.#history.isPublished) this.#history.publish(0);
    // What was refused for a while, or waited for too long, is asked for again.
    for (let round = 0; round < 2; round++) {
      while (this.#server.hasWork || this.#wire.length > 0) {
        this.#server.answer(1, 1, false);
        this.#server.advance();
        this.#deliver(99);
        await null;
      }
      vi.advanceTimersByTime(longMs);
      await null;
    }
    for (const { view, target } of this.#shown) {
      if (view.status !== "live") this.faults.push(`in the end, ${JSON.stringify(target)} is ${view.status}`);
      this.#compare("in the end", view.rows, target, this.#history.at(this.#history.last), new Set());
    }
    return this.faults;
  }

  #lose(event: Event & { readonly do: "lose" }): void {
    this.#wire = [];
    this.#arriving.clear();
    this.#shapes.clear();
    if (event.restored >= 0) {
      this.#history.restore(event.restored);
      this.#shown.forEach(({ versions }) => versions.clear());
    }
    this.#hasLooked = false;
    this.#subscriptions.lost(new Date());
    this.#server = this.#connect(event);
  }

  #connect(manner: Manner): ModelConnection {
    const server = new ModelConnection(this.#history, (message) => this.#wire.push(...this.#split(message)), manner, this.#counts);
    this.#subscriptions.connected((message) => server.hear(copy(message)));
    return server;
  }

  #deliver(messages: number): void {
    // One by one, so that the position is known when a listener is called; a part has it when it is the last of its step.
    for (const message of this.#wire.splice(0, messages)) {
      this.#note(message as Steps | Part | Subscribed);
      this.#hasLooked = false;
      this.#subscriptions.receive([copy(message)]);
      this.#look();
    }
  }

  /** Keeps what is known of a message that the client is about to get. */
  #note(message: Steps | Part | Subscribed): void {
    if (message.type === "subscribed") this.#shapes.set(message.id, message.shape);
    if (message.type !== "steps" && message.type !== "part") return;
    const [step, ops] = message.type === "steps" ? [0, message.steps.flat()] : [message.step, message.ops];
    const arriving = [...(this.#arriving.get(step) ?? []), ...(ops.filter((op) => "commit" in op) as ReadOp[])];
    this.#arriving.set(step, arriving);
    if (!message.end) return;
    this.#position = message.end;
    this.#arriving.delete(step);
    for (const { shape, commit } of arriving) for (const [id, of] of this.#shapes) if (of === shape) this.#read.set(id, commit);
  }

  #open(target: Target): void {
    const subscription = this.#subscriptions.open(target);
    const view = new CollectionView(subscription, { left: (left, of) => this.#subscriptions.leave(of, left) }, undefined, asTheyCame);
    const shown: Shown = { id: subscription.id, view, target, columns: columnsOf(target), replayed: new Map(), versions: new Map(), last: view.rows };
    this.#shown.add(shown);
    view.onDiff((diff) => this.#guard(() => replay(shown.replayed, diff, this.#history.wasAhead)));
    view.subscribe(() => {
      if (view.status !== "closed" && !isSame([...shown.replayed.values()], view.rows)) this.faults.push("the diffs do not give the rows");
      // The first listener that is called speaks for the others: nothing changes until all were.
      this.#look();
    });
  }

  /** Everything that is shown is true as of one position, and never goes back. */
  #look(): void {
    if (this.#hasLooked) return;
    this.#hasLooked = true;
    const { table, unsettled } = this.#history.shown(this.#position?.offset ?? 0);
    for (const shown of this.#shown) {
      const { view: { state, status, rows, error }, target, last } = shown;
      if (state.rows !== rows || state.status !== status || state.error !== error || (status === "stale") !== !!state.staleSince) this.faults.push("state lags behind");
      if (status === "live") {
        this.#compare("at its position", rows, target, table, unsettled);
        this.#compareWithSnapshot(shown, unsettled);
      }
      if (status !== "live" && rows !== last) this.faults.push(`what is ${status} changes`);
      if (rows === last) continue;
      shown.last = rows;
      this.#lookAtRows(shown, last, unsettled);
    }
  }

  #lookAtRows({ view: { rows }, columns, versions }: Shown, last: readonly Row[], unsettled: ReadonlySet<number>): void {
    for (const row of rows) {
      if (last.some((other) => other !== row && columns.every((column) => other[column] === row[column]))) this.faults.push("a row that did not change is another object");
      const v = row["v"] as number | undefined;
      if (v === undefined) continue;
      const known = versions.get(row["id"]) ?? { v: 0, isGone: false };
      if (v < known.v) this.faults.push(`row ${String(row["id"])} goes back from ${known.v} to ${v}`);
      if (v === known.v && known.isGone) this.faults.push(`row ${String(row["id"])} rises again`);
      versions.set(row["id"], { v, isGone: false });
    }
    for (const [key, known] of versions) if (!unsettled.has(key as number)) known.isGone = !rows.some((row) => row["id"] === key);
  }

  #compare(when: string, rows: readonly Row[], target: Target, table: ReadonlyMap<number, ModelRow>, unsettled: ReadonlySet<number>): void {
    const columns = columnsOf(target);
    const expected = [...table.values()].filter((row) => !unsettled.has(row.id) && matches(target, row));
    const settled = rows.filter((row) => !unsettled.has(row["id"] as number));
    const isRight = settled.length === expected.length
      && settled.every((row) => Object.keys(row).length === columns.length && columns.every((column) => row[column] === table.get(row["id"] as number)?.[column]));
    if (!isRight) this.faults.push(`${when}, ${JSON.stringify(target)} shows ${JSON.stringify(rows)}, not ${JSON.stringify(expected)}`);
  }

  /** Of what a snapshot shows before the log has it, nothing comes or goes until something newer does (rule 11). */
  #compareWithSnapshot({ id, view: { rows }, target }: Shown, unsettled: ReadonlySet<number>): void {
    const read = this.#read.get(id) ?? 0;
    for (const key of unsettled) {
      if (this.#history.lastOf(key, this.#position?.offset ?? 0) > read) continue;
      const isThere = rows.some((row) => row["id"] === key);
      if (isThere !== matches(target, this.#history.at(read).get(key))) this.faults.push(`row ${key} ${isThere ? "is there" : "is not there"}, whatever the snapshot says`);
    }
  }

  /** A listener that throws is reported elsewhere: the test must hear of it. */
  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.faults.push(String(error));
    }
  }
}

/** Over the wire. */
const copy = <T>(message: T): T => JSON.parse(JSON.stringify(message)) as T;

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean => a.length === b.length && a.every((item, i) => item === b[i]);

/** `wasAhead`: what a collection showed before the log had it may be told once more. */
function replay(rows: Map<unknown, Row>, { inserted, updated, deleted }: Diff<Row>, wasAhead: boolean): void {
  for (const row of deleted) if (!rows.delete(row["id"])) throw new Error(`deleted ${String(row["id"])}, which is not there`);
  for (const { row, columns } of updated) {
    const before = rows.get(row["id"]);
    if (!before) throw new Error(`updated ${String(row["id"])}, which is not there`);
    const differing = Object.keys(row).filter((column) => before[column] !== row[column]);
    if (String(columns) !== String(differing) || (columns.length === 0 && !wasAhead)) throw new Error(`columns ${String(columns)}, not ${String(differing)}`);
    rows.set(row["id"], row);
  }
  for (const row of inserted) {
    if (rows.has(row["id"])) throw new Error(`inserted ${String(row["id"])}, which is there`);
    rows.set(row["id"], row);
  }
}

describe("against a correct server", () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterAll(() => void vi.useRealTimers());

  // The same sequences in every run, unless another seed is given.
  const { LIVEHUB_CONVERGENCE_SEED: seed = 1, LIVEHUB_CONVERGENCE_SEQUENCES: sequences = 10_000 } = process.env;

  test("G2, G3, G4, G5: whatever is written, opened, closed, split and lost, every collection shows one position and ends as its query", async () => {
    const counts = noCounts();
    const sequence = fc.record({ first: fc.record(manner), events: fc.array(event, { maxLength: 60, size: "max" }), cuts: fc.array(fc.nat(3), { maxLength: 20, size: "max" }) });
    await fc.assert(
      fc.asyncProperty(fc.noBias(sequence), async ({ first, events, cuts }) => {
        const run = new Run(first, splitter(cuts), counts);
        for (const event of events) await run.handle(event);
        const [fault] = await run.finish();
        if (fault) throw new Error(fault);
      }),
      { numRuns: Number(sequences), seed: Number(seed) },
    );
    for (const [what, times] of Object.entries(counts)) expect(times, what).toBeGreaterThan(Number(sequences) / 20);
  }, 120_000);
});
