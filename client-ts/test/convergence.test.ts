import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diff } from "../src/api.js";
import { asTheyCame } from "../src/arrangement.js";
import { CollectionView } from "../src/collection.js";
import type { Row } from "../src/keys.js";
import type { End, Target } from "../src/protocol.js";
import { Subscriptions } from "../src/subscriptions.js";
import { evaluate, History, ModelConnection, type Manner, type Write } from "./support/model-server.js";
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
  | { readonly do: "write"; readonly writes: readonly Write[] }
  | { readonly do: "open"; readonly targets: readonly number[] }
  | { readonly do: "close"; readonly view: number }
  | { readonly do: "answer"; readonly back: number; readonly ahead: number }
  | { readonly do: "begin"; readonly back: number }
  | { readonly do: "end"; readonly ahead: number; readonly drop: boolean }
  | { readonly do: "advance" }
  | { readonly do: "deliver"; readonly messages: number }
  | ({ readonly do: "lose" } & Manner);

const id = fc.integer({ min: 1, max: 4 });
const write = fc.oneof(
  { weight: 4, arbitrary: fc.record({ id, list: fc.integer({ min: 1, max: 3 }), title: fc.constantFrom("a", "b") }) },
  { weight: 2, arbitrary: fc.record({ id, list: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ id }) },
);
const rarely = fc.integer({ min: 0, max: 3 }).map((n) => n === 0);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), writes: fc.array(write, { minLength: 1, maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("open" as const), targets: fc.array(fc.nat(targets.length - 1), { minLength: 1, maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), view: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("answer" as const), back: fc.nat(3), ahead: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("begin" as const), back: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("end" as const), ahead: fc.nat(3), drop: rarely }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("advance" as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("deliver" as const), messages: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), late: fc.boolean(), newEpoch: rarely, forgot: rarely }) },
);

const byId = (rows: readonly Row[]): Row[] => rows.slice().sort((a, b) => Number(a["id"]) - Number(b["id"]));

/** A client that is run against the model server, and everything that must hold whenever a listener is called. */
class Run {
  readonly #history = new History();
  readonly #subscriptions: Subscriptions;
  readonly #views = new Set<{ readonly view: CollectionView; readonly target: Target; replayed: Map<unknown, Row>; readonly versions: Map<unknown, number>; atLoss: readonly Row[] }>();
  #server: ModelConnection;
  #wire: unknown[] = [];
  /** What everything shown is true as of while a message is merged. */
  #position: End | undefined;
  readonly #split: (message: unknown) => readonly unknown[];
  readonly faults: string[] = [];

  constructor(split: (message: unknown) => readonly unknown[]) {
    this.#split = split;
    this.#subscriptions = new Subscriptions({
      welcomed() {},
      incompatible: () => this.faults.push("incompatible"),
      leaving: () => this.faults.push("leaving"),
    });
    this.#server = this.#connect({ late: false, newEpoch: false, forgot: false });
  }

  async handle(event: Event): Promise<void> {
    switch (event.do) {
      case "write":
        this.#history.commit(event.writes);
        break;
      case "open":
        for (const target of event.targets) this.#open(targets[target] as Target);
        break;
      case "close": {
        const entry = [...this.#views][event.view];
        if (entry) this.#views.delete(entry);
        entry?.view.close();
        break;
      }
      case "answer":
        this.#server.answer(event.back, event.ahead);
        break;
      case "begin":
        this.#server.begin(event.back);
        break;
      case "end":
        this.#server.end(event.ahead, event.drop);
        break;
      case "advance":
        this.#server.advance();
        break;
      case "deliver":
        this.#deliver(event.messages);
        break;
      case "lose":
        this.#wire = [];
        for (const entry of this.#views) entry.atLoss = entry.view.rows;
        this.#subscriptions.lost();
        this.#server = this.#connect(event);
    }
    await null;
    await null;
  }

  /** Lets everything arrive, and holds every collection against its query. */
  async finish(): Promise<void> {
    while (this.#server.hasWork || this.#wire.length > 0) {
      this.#server.end(1);
      this.#server.answer(1, 1);
      this.#server.advance();
      this.#deliver(99);
      await null;
    }
    for (const { view, target } of this.#views) {
      expect(view.status).toBe("live");
      expect(byId(view.rows)).toEqual(byId(evaluate(target, this.#history.at(this.#history.head))));
    }
    expect(this.faults).toEqual([]);
  }

  #connect(manner: Manner): ModelConnection {
    const server = new ModelConnection(this.#history, (message) => this.#wire.push(...this.#split(message)), manner);
    this.#subscriptions.connected((message) => server.hear(JSON.parse(JSON.stringify(message)) as typeof message));
    return server;
  }

  #deliver(messages: number): void {
    const array = JSON.parse(JSON.stringify(this.#wire.splice(0, messages))) as { readonly end?: End }[];
    // One by one, so that the position is known when a listener is called; a part has it when it is the last of its step.
    for (const message of array) {
      if (message.end) this.#position = message.end;
      this.#subscriptions.receive([message]);
    }
  }

  #open(target: Target): void {
    const subscription = this.#subscriptions.open(target);
    const view = new CollectionView(subscription, { left: (left, of) => this.#subscriptions.leave(of, left) }, undefined, asTheyCame);
    const entry = { view, target, replayed: new Map<unknown, Row>(), versions: new Map<unknown, number>(), atLoss: view.rows };
    this.#views.add(entry);
    view.onDiff((diff) => this.#guard(() => replay(entry.replayed, diff)));
    view.subscribe(() => this.#guard(() => {
      if (view.status !== "closed") expect([...entry.replayed.values()], "the diffs give the rows").toEqual(view.rows);
      this.#look();
    }));
  }

  /** Everything that is shown is true as of one position, and never goes back. */
  #look(): void {
    for (const { view, target, versions, atLoss } of this.#views) {
      expect(view.state, "every collection has taken the step in").toEqual({ rows: view.rows, status: view.status, error: undefined, staleSince: view.status === "stale" ? expect.any(Date) : undefined });
      if (view.status === "live") {
        expect(byId(view.rows), "all live collections show one position").toEqual(byId(evaluate(target, this.#history.at(this.#position?.offset ?? 0))));
      } else {
        expect(view.rows, "what is stale does not change").toEqual(view.status === "stale" ? atLoss : []);
      }
      for (const row of view.rows) {
        const v = row["v"] as number | undefined;
        if (v === undefined) continue;
        expect(v, "no row goes back").toBeGreaterThanOrEqual(versions.get(row["id"]) ?? 0);
        versions.set(row["id"], v);
      }
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

function replay(rows: Map<unknown, Row>, { inserted, updated, deleted }: Diff<Row>): void {
  for (const row of deleted) if (!rows.delete(row["id"])) throw new Error(`deleted ${String(row["id"])}, which is not there`);
  for (const { row, columns } of updated) {
    const before = rows.get(row["id"]);
    if (!before) throw new Error(`updated ${String(row["id"])}, which is not there`);
    const differing = Object.keys(row).filter((column) => before[column] !== row[column]);
    if (String(columns) !== String(differing) || columns.length === 0) throw new Error(`columns ${String(columns)}, not ${String(differing)}`);
    rows.set(row["id"], row);
  }
  for (const row of inserted) {
    if (rows.has(row["id"])) throw new Error(`inserted ${String(row["id"])}, which is there`);
    rows.set(row["id"], row);
  }
}

describe("against a correct server", () => {
  test("G2, G3, G4, G5: whatever is written, opened, closed, split and lost, every collection shows one position and ends as its query", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 80, size: "max" }), fc.array(fc.nat(3), { maxLength: 60, size: "max" }), async (events, cuts) => {
        const run = new Run(splitter(cuts));
        for (const event of events) await run.handle(event);
        await run.finish();
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
