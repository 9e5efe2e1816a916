import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diff } from "../src/api.js";
import { asTheyCame } from "../src/arrangement.js";
import { CollectionView } from "../src/collection.js";
import type { Row } from "../src/keys.js";
import type { Op } from "../src/protocol.js";
import { Subscriptions } from "../src/subscriptions.js";

// Any steps at all, also such as no server would send: sets of unknown rows, old versions, several ops of one row, resets.
const shape = fc.integer({ min: 1, max: 3 });
const shapes = fc.uniqueArray(shape, { minLength: 1, maxLength: 2 });
const key = fc.integer({ min: 1, max: 4 });
const version = fc.integer({ min: 1, max: 12 });
const title = fc.constantFrom("a", "b", "c");
const rowOf = (id: number, title: string, version: number): Row => ({ id, title, v: version });

const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(key, version, title, shapes).map(([id, v, t, insert]): Op => ({ key: id, version: v, row: rowOf(id, t, v), insert })) },
  { weight: 4, arbitrary: fc.tuple(key, version, title, shapes).map(([id, v, t, update]): Op => ({ key: id, version: v, set: { title: t, v }, update })) },
  { weight: 3, arbitrary: fc.tuple(key, version, shapes).map(([id, v, list]): Op => ({ key: id, version: v, delete: list })) },
);
const snapshot = fc.tuple(shape, fc.uniqueArray(key), title).map(([shape, ids, t]): Op => ({ shape, snapshot: null, rows: ids.map((id) => rowOf(id, t, 0)) }));
const changes = fc.array(op, { minLength: 1, maxLength: 6 });
const steps = (withSnapshots: boolean): fc.Arbitrary<readonly (readonly Op[])[]> =>
  fc.array(withSnapshots ? fc.array(fc.oneof({ weight: 8, arbitrary: op }, { weight: 1, arbitrary: snapshot }), { minLength: 1, maxLength: 6 }) : changes, { maxLength: 15, size: "max" });

/** A client with three live collections, two of which share their rows, and everything that its listeners heard. */
async function listen(): Promise<{ receive: (messages: readonly unknown[]) => void; views: readonly CollectionView[]; heard: [number, Diff<Row>][] }> {
  const fail = (): never => {
    throw new Error("restart");
  };
  const subscriptions = new Subscriptions({ welcomed() {}, incompatible: fail, leaving: fail });
  const heard: [number, Diff<Row>][] = [];
  const views = [{}, { where: { id: 1 } }, { columns: ["id", "title", "v"] }].map((more, i) => {
    const view = new CollectionView(subscriptions.open({ entity: "Card", ...more }), { left() {} }, undefined, asTheyCame);
    view.onDiff((diff) => heard.push([i, diff]));
    return view;
  });
  subscriptions.connected(() => {});
  await null;
  const receive = (messages: readonly unknown[]): void => subscriptions.receive(JSON.parse(JSON.stringify(messages)));
  receive([1, 2, 3].flatMap((id) => [
    { type: "subscribed", id, shape: id, entity: "Card", key: ["id"] },
    { type: "steps", steps: [[{ shape: id, snapshot: null, rows: [] }]], end: { offset: 0, tag: "t" } },
  ]));
  return { receive, views, heard };
}

const whole = (ops: readonly Op[], offset: number): unknown => ({ type: "steps", steps: [ops], end: { offset, tag: "t" } });

describe("steps", () => {
  test("P13: any split of the same steps into parts and arrays, interleaved with others, ends the same and is heard the same", async () => {
    await fc.assert(
      fc.asyncProperty(steps(true), fc.infiniteStream(fc.nat(2)), async (all, choices) => {
        const choose = (most: number): number => Math.min(most, choices.next().value as number);
        const [plain, split] = [await listen(), await listen()];
        all.forEach((ops, i) => plain.receive([whole(ops, i + 1)]));

        // Each step's ops are cut; parts of the next steps come in between, but steps end in their order.
        const queues = all.map((ops, i) => {
          const parts: object[] = [];
          for (let from = 0; from < ops.length; ) {
            const to = Math.min(ops.length, from + 1 + choose(2));
            parts.push({ type: "part", step: i + 1, ops: ops.slice(from, to) });
            from = to;
          }
          return [...parts.slice(0, -1), { ...parts.at(-1), end: { offset: i + 1, tag: "t" } }];
        });
        const stream: object[] = [];
        for (let done = 0; done < queues.length; ) {
          const ahead = Math.min(queues.length - 1, done + choose(2));
          const queue = queues[ahead] as object[];
          if (ahead > done && queue.length > 1) stream.push(queue.shift() as object);
          else stream.push((queues[done] as object[]).shift() as object);
          if (queues[done]?.length === 0) done++;
        }
        while (stream.length > 0) split.receive(stream.splice(0, 1 + choose(2)));

        expect(split.views.map((view) => view.rows)).toEqual(plain.views.map((view) => view.rows));
        expect(split.heard).toEqual(plain.heard);
      }),
      { numRuns: 300 },
    );
  });

  test("P13: whole steps in one message are what they are in messages of their own", async () => {
    await fc.assert(
      fc.asyncProperty(steps(true), fc.infiniteStream(fc.nat(3)), async (all, choices) => {
        const [alone, together] = [await listen(), await listen()];
        all.forEach((ops, i) => alone.receive([whole(ops, i + 1)]));
        for (let from = 0; from < all.length; ) {
          const to = Math.min(all.length, from + 1 + (choices.next().value as number));
          together.receive([{ type: "steps", steps: all.slice(from, to), end: { offset: to, tag: "t" } }]);
          from = to;
        }
        expect(together.views.map((view) => view.rows)).toEqual(alone.views.map((view) => view.rows));
        expect(together.heard).toEqual(alone.heard);
      }),
      { numRuns: 300 },
    );
  });

  test("replaying the diffs from nothing gives the rows, in their order, whatever the steps", async () => {
    await fc.assert(
      fc.asyncProperty(steps(true), async (all) => {
        const { receive, views, heard } = await listen();
        all.forEach((ops, i) => receive([whole(ops, i + 1)]));
        views.forEach((view, i) => {
          const rows = new Map<unknown, Row>();
          for (const [of, { inserted, updated, deleted }] of heard) {
            if (of !== i) continue;
            expect(inserted.length + updated.length + deleted.length).toBeGreaterThan(0);
            for (const row of deleted) expect(rows.delete(row["id"])).toBe(true);
            for (const { row } of updated) expect(rows.has(row["id"])).toBe(true);
            for (const { row } of updated) rows.set(row["id"], row);
            for (const row of inserted) expect(rows.has(row["id"])).toBe(false);
            for (const row of inserted) rows.set(row["id"], row);
          }
          expect([...rows.values()]).toEqual(view.rows);
          for (const row of view.rows) expect(view.get(row["id"] as number)).toBe(row);
        });
      }),
      { numRuns: 400 },
    );
  });

  test("G4: in whatever order changes come, no row goes back to an older version, deleted or not", async () => {
    await fc.assert(
      fc.asyncProperty(steps(false), async (all) => {
        const { receive, views } = await listen();
        const newest = new Map<string, number>();
        all.forEach((ops, i) => {
          const known = new Map(newest);
          receive([whole(ops, i + 1)]);
          views.forEach((view, v) => {
            for (const row of view.rows) {
              const name = `${v}/${String(row["id"])}`;
              expect(row["v"]).toBeGreaterThanOrEqual(known.get(name) ?? 0);
              newest.set(name, row["v"] as number);
            }
          });
          for (const op of ops) {
            if ("rows" in op) continue;
            for (const shape of op.delete ?? []) {
              // Ignored where another shape's newer change of the row is known: then it is still there.
              if (views[shape - 1]?.get(op.key as number)) continue;
              const name = `${shape - 1}/${String(op.key)}`;
              newest.set(name, Math.max(op.version, newest.get(name) ?? 0));
            }
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  test("P13: of a step that is dropped nothing is merged, and what is begun anew stands alone", async () => {
    const { receive, views: [view] } = await listen();
    const part = (step: number, ids: readonly number[], more: object = {}): object =>
      ({ type: "part", step, ops: [{ shape: 1, snapshot: null, rows: ids.map((id) => rowOf(id, "a", 0)) }], ...more });
    const end = { offset: 9, tag: "t" };
    receive([part(1, [1, 2]), part(2, [3]), { type: "part", step: 1, ops: [], dropped: true }]);
    expect(view?.rows).toEqual([]);
    receive([part(1, [4], { end })]);
    expect(view?.rows).toEqual([rowOf(4, "a", 0)]);
    receive([{ type: "part", step: 2, ops: [], end }]);
    expect(view?.rows).toEqual([rowOf(3, "a", 0)]);
  });

  test("rule 18: a step that is unfinished when the connection ends is dropped", async () => {
    const subscriptions = new Subscriptions({ welcomed() {}, incompatible() {}, leaving() {} });
    const view = new CollectionView(subscriptions.open({ entity: "Card" }), { left() {} }, undefined, asTheyCame);
    const reply = [
      { type: "subscribed", id: 1, shape: 1, entity: "Card", key: ["id"], fingerprint: "f" },
      { type: "part", step: 1, ops: [{ shape: 1, snapshot: null, rows: [{ id: 1 }] }] },
    ];
    subscriptions.connected(() => {});
    subscriptions.receive(reply);
    subscriptions.lost(new Date());
    subscriptions.connected(() => {});
    subscriptions.receive([{ ...reply[0], shape: 2 }, { type: "part", step: 1, ops: [{ shape: 2, snapshot: null, rows: [{ id: 2 }] }], end: { offset: 1, tag: "t" } }]);
    expect(view.rows).toEqual([{ id: 2 }]);
  });
});
