import { describe, expect, test } from "vitest";
import { Merge, type Merged } from "../src/merge.js";
import type { Op, RowOp, Snapshot } from "../src/protocol.js";
import { RowSet } from "../src/rowset.js";
import { snapshot } from "./support/ops.js";

const card = (id: number, title = `card ${id}`, listId = 1) => ({ id, title, listId });

/** Row sets fed from shapes 1, 2, … of one entity with the same columns, live with no rows. */
function feed(count = 1): { merge: Merge; sets: readonly RowSet[]; apply: (...ops: Op[]) => readonly Merged[] } {
  const merge = new Merge();
  const sets = Array.from({ length: count }, (_, i) => {
    const set = new RowSet(1);
    merge.attach(set, i + 1, "Card", ["id"]);
    merge.apply([snapshot(i + 1)]);
    return set;
  });
  return { merge, sets, apply: (...ops) => merge.apply(ops) };
}

const one = (): { merge: Merge; set: RowSet; apply: (...ops: Op[]) => readonly Merged[] } => {
  const { merge, sets, apply } = feed();
  return { merge, set: sets[0] as RowSet, apply };
};

describe("row ops", () => {
  test("an insert, an update and a delete arrive, each as its diff", () => {
    const { set, apply } = one();
    expect(apply({ key: 1, version: 1, row: card(1), insert: [1] })[0]?.change?.diff).toEqual({ inserted: [card(1)], updated: [], deleted: [] });
    expect(apply({ key: 1, version: 2, set: { title: "x" }, update: [1] })[0]?.change?.diff)
      .toEqual({ inserted: [], updated: [{ row: card(1, "x"), columns: ["title"] }], deleted: [] });
    expect(apply({ key: 1, version: 3, delete: [1] })[0]?.change?.diff).toEqual({ inserted: [], updated: [], deleted: [card(1, "x")] });
    expect(set.rows).toEqual([]);
  });

  test("an update makes a new row object and leaves the old one alone", () => {
    const { set, apply } = one();
    apply({ key: 1, version: 1, row: card(1), insert: [1] });
    const before = set.rows[0];
    apply({ key: 1, version: 2, set: { title: "x" }, update: [1] });
    expect(before).toEqual(card(1));
    expect(set.rows[0]).not.toBe(before);
  });

  test("an update with equal values is no change and keeps the row's identity, JSON columns too", () => {
    const { set, apply } = one();
    apply({ key: 1, version: 1, row: { ...card(1), tags: [{ a: 1 }] }, insert: [1] });
    const before = set.rows;
    expect(apply({ key: 1, version: 2, set: { title: "card 1", tags: [{ a: 1 }] }, update: [1] }).every(({ change }) => !change)).toBe(true);
    expect(apply({ key: 1, version: 3, row: { ...card(1), tags: [{ a: 1 }] }, update: [1] }).every(({ change }) => !change)).toBe(true);
    expect(set.rows).toBe(before);
  });

  test("what is told once more changes nothing, also where an equal row is another object in another row set", () => {
    const { sets: [a, b], apply } = feed(2);
    apply({ key: 1, version: 1, row: card(1), insert: [1] });
    // The second shows what the first has made of it by then, and that goes back to what it was.
    apply({ key: 1, version: 2, set: { title: "x" }, update: [1] }, { key: 1, version: 3, set: { title: "card 1" }, update: [1] }, snapshot(2, card(1)));
    const before = [a?.rows[0], b?.rows[0]];
    expect(before).toEqual([card(1), card(1)]);
    expect(apply({ key: 1, version: 3, row: card(1), insert: [1, 2] }).every(({ change }) => !change)).toBe(true);
    expect(a?.rows[0]).toBe(before[0]);
    expect(b?.rows[0]).toBe(before[1]);
  });

  test("P18: an older op is ignored, an equal one is applied", () => {
    const { set, apply } = one();
    apply({ key: 1, version: 5, row: card(1, "five"), insert: [1] });
    apply({ key: 1, version: 4, set: { title: "four" }, update: [1] });
    expect(set.rows).toEqual([card(1, "five")]);
    apply({ key: 1, version: 5, set: { listId: 2 }, update: [1] });
    expect(set.rows).toEqual([card(1, "five", 2)]);
  });

  test("G4: a late older update does not bring a deleted row back, nor one that was never held", () => {
    const { set, apply } = one();
    apply({ key: 1, version: 1, row: card(1), insert: [1] }, { key: 1, version: 3, delete: [1] }, { key: 2, version: 3, delete: [1] });
    apply({ key: 1, version: 2, row: card(1, "late"), update: [1] }, { key: 2, version: 2, row: card(2), insert: [1] });
    expect(set.rows).toEqual([]);
    apply({ key: 1, version: 4, row: card(1, "again"), insert: [1] });
    expect(set.rows).toEqual([card(1, "again")]);
  });

  test("P18: a set for a row that is not held is ignored", () => {
    const { set, apply } = one();
    apply({ key: 1, version: 1, set: { title: "x" }, update: [1] });
    expect(set.rows).toEqual([]);
  });

  test("P12: an unknown shape is ignored", () => {
    const { apply } = one();
    expect(apply({ key: 1, version: 1, row: card(1), insert: [99] }, snapshot(98, card(1)))).toEqual([]);
  });

  test("F1: a move takes the row out there and puts it in here in one step, as the same object", () => {
    const { sets, apply } = feed(2);
    apply({ key: 1, version: 1, row: card(1), insert: [1] });
    const merged = apply({ key: 1, version: 2, row: card(1, "x", 2), insert: [2], delete: [1] });
    expect(merged).toHaveLength(2);
    expect(sets.map((set) => set.rows)).toEqual([[], [card(1, "x", 2)]]);
  });

  test("rule 16: row objects are shared by row sets with the same entity and columns", () => {
    const { sets, apply } = feed(2);
    apply({ key: 1, version: 1, row: card(1), insert: [1, 2] });
    apply({ key: 1, version: 2, set: { title: "x" }, update: [1, 2] });
    expect(sets[0]?.rows[0]).toEqual(card(1, "x"));
    expect(sets[0]?.rows[0]).toBe(sets[1]?.rows[0]);
  });

  test("one op feeds shapes whose columns were asked for in different words", () => {
    const merge = new Merge();
    const [all, listed] = [new RowSet(1), new RowSet(2)];
    merge.attach(all, 1, "all", ["id"]);
    merge.attach(listed, 2, "listed", ["id"]);
    merge.apply([snapshot(1, card(1)), snapshot(2, card(1))]);
    merge.apply([{ key: 1, version: 1, set: { title: "x" }, update: [1, 2] }]);
    expect([all.rows, listed.rows]).toEqual([[card(1, "x")], [card(1, "x")]]);
  });

  test("P11: a shape that two subscriptions got feeds both", () => {
    const { merge, sets, apply } = feed(1);
    const second = new RowSet(1);
    merge.attach(second, 1, "Card", ["id"]);
    apply({ key: 1, version: 1, row: card(1), insert: [1] });
    expect(second.rows).toEqual([]);
    apply(snapshot(1, card(1)));
    apply({ key: 1, version: 2, set: { title: "x" }, update: [1] });
    expect([sets[0]?.rows, second.rows]).toEqual([[card(1, "x")], [card(1, "x")]]);
    merge.detach(second);
    apply({ key: 1, version: 3, set: { title: "y" }, update: [1] });
    expect([sets[0]?.rows, second.rows]).toEqual([[card(1, "y")], [card(1, "x")]]);
  });
});

describe("steps", () => {
  test("C9: insert, update and delete of one row show the end result, once", () => {
    const { set, apply } = one();
    const merged = apply(
      { key: 1, version: 1, row: card(1), insert: [1] },
      { key: 1, version: 1, set: { title: "x" }, update: [1] },
      { key: 2, version: 1, row: card(2), insert: [1] },
      { key: 2, version: 1, delete: [1] },
    );
    expect(merged[0]?.change?.diff).toEqual({ inserted: [card(1, "x")], updated: [], deleted: [] });
    expect(set.rows).toEqual([card(1, "x")]);
  });

  test("a row that leaves and comes back unchanged in one step is no change, and keeps its place and identity", () => {
    const { set, apply } = one();
    apply(snapshot(1, card(1), card(2)));
    const before = set.rows;
    const merged = apply({ key: 1, version: 1, delete: [1] }, { key: 1, version: 1, row: card(1), insert: [1] });
    expect(merged[0]?.change).toBeUndefined();
    expect(set.rows).toBe(before);
  });

  test("a row that leaves and comes back changed in one step is updated in its place", () => {
    const { set, apply } = one();
    apply(snapshot(1, card(1), card(2)));
    const merged = apply({ key: 1, version: 1, delete: [1] }, { key: 1, version: 1, row: card(1, "x"), insert: [1] });
    expect(merged[0]?.change?.diff.updated).toEqual([{ row: card(1, "x"), columns: ["title"] }]);
    expect(set.rows).toEqual([card(1, "x"), card(2)]);
  });
});

describe("snapshots", () => {
  test("P22: a replacement is by difference, equal rows keep identity and place", () => {
    const { merge, set, apply } = one();
    apply(snapshot(1, card(1), card(2), card(3)));
    const [first, , third] = set.rows;
    merge.reset([{ rows: set }]);
    merge.attach(set, 7, "Card", ["id"]);
    const merged = apply(snapshot(7, card(4), card(3), card(2, "x"), card(1)));
    expect(merged[0]?.change?.diff).toEqual({ inserted: [card(4)], updated: [{ row: card(2, "x"), columns: ["title"] }], deleted: [] });
    expect(set.rows).toEqual([card(1), card(2, "x"), card(3), card(4)]);
    expect(set.rows[0]).toBe(first);
    expect(set.rows[2]).toBe(third);
  });

  test("a replacement by the same rows is no change and keeps the array", () => {
    const { merge, set, apply } = one();
    apply(snapshot(1, card(1), card(2)));
    const before = set.rows;
    merge.reset([{ rows: set }]);
    merge.attach(set, 7, "Card", ["id"]);
    expect(apply(snapshot(7, card(2), card(1)))[0]?.change).toBeUndefined();
    expect(set.rows).toBe(before);
  });

  test("P19: several ops make one snapshot, the row ops that follow change it, those before do not count", () => {
    const { set, apply } = one();
    apply(
      { key: 9, version: 1, row: card(9), insert: [1] },
      snapshot(1, card(1)),
      { shape: 1, rows: [card(2)] },
      { key: 1, version: 5, delete: [1] },
      { key: 3, version: 5, row: card(3), insert: [1] },
    );
    expect(set.rows).toEqual([card(2), card(3)]);
  });

  test("rule 10: diffs that join an old snapshot are applied in full, though newer versions are known of", () => {
    const { merge, sets, apply } = feed(1);
    apply({ key: 1, version: 10, row: card(1), insert: [1] });
    apply({ key: 1, version: 12, set: { title: "twelve", listId: 3 }, update: [1] });
    const second = new RowSet(1);
    merge.attach(second, 2, "Card", ["id"]);
    // The snapshot is from before version 10 and did not see the row.
    apply(snapshot(2), { key: 1, version: 10, row: card(1), insert: [2] }, { key: 1, version: 12, set: { title: "twelve", listId: 3 }, update: [2] });
    expect(second.rows).toEqual([card(1, "twelve", 3)]);
    expect(second.rows[0]).toBe(sets[0]?.rows[0]);
  });

  test("P21: a row that is held through a live shape keeps its values, any other takes the snapshot's", () => {
    const { merge, sets, apply } = feed(1);
    apply({ key: 1, version: 10, row: card(1, "now"), insert: [1] });
    const second = new RowSet(1);
    merge.attach(second, 2, "Card", ["id"]);
    apply(snapshot(2, card(1, "of the snapshot"), card(2)));
    expect(second.rows).toEqual([card(1, "now"), card(2)]);
    expect(sets[0]?.rows).toEqual([card(1, "now")]);
  });

  test("a row that kept a live shape's values gets what the snapshot saw and the live shape had not yet", () => {
    const { merge, sets, apply } = feed(1);
    apply({ key: 1, version: 10, row: card(1, "old"), insert: [1] });
    const second = new RowSet(1);
    merge.attach(second, 2, "Card", ["id"]);
    apply(snapshot(2, card(1, "new")), { key: 1, version: 11, set: { title: "new" }, update: [1] });
    expect([sets[0]?.rows, second.rows]).toEqual([[card(1, "new")], [card(1, "new")]]);
  });

  test("a row that leaves the live shape in the step in which a snapshot brings it elsewhere has the snapshot's values", () => {
    const { merge, sets, apply } = feed(1);
    apply({ key: 1, version: 10, row: card(1), insert: [1] });
    const second = new RowSet(1);
    merge.attach(second, 2, "Card", ["id"]);
    // The snapshot saw version 11, which took the row out of the live shape: that op carries the key only.
    apply(snapshot(2, card(1, "moved", 2)), { key: 1, version: 11, delete: [1] });
    expect([sets[0]?.rows, second.rows]).toEqual([[], [card(1, "moved", 2)]]);
  });

  test("shapes that are read again in one step take the snapshot's values, also of rows that they share", () => {
    const { sets, apply } = feed(2);
    apply({ key: 1, version: 10, row: card(1, "old"), insert: [1, 2] });
    apply(snapshot(1, card(1, "new")), snapshot(2, card(1, "new")));
    expect(sets.map((set) => set.rows)).toEqual([[card(1, "new")], [card(1, "new")]]);
    expect(sets[0]?.rows[0]).toBe(sets[1]?.rows[0]);
  });

  test("a row that a snapshot does not contain any more stays away from late older ops", () => {
    const { set, apply } = one();
    apply({ key: 1, version: 10, row: card(1), insert: [1] });
    apply(snapshot(1));
    apply({ key: 1, version: 9, row: card(1), insert: [1] });
    expect(set.rows).toEqual([]);
  });

  test("rows that stay on another connection do not change with it", () => {
    const { merge, sets, apply } = feed(2);
    apply({ key: 1, version: 1, row: card(1), insert: [1, 2] });
    merge.reset(sets.map((rows) => ({ rows })));
    merge.attach(sets[0] as RowSet, 1, "Card", ["id"]);
    apply(snapshot(1, card(1, "x")));
    expect(sets.map((set) => set.rows)).toEqual([[card(1, "x")], [card(1)]]);
  });

  test("a row without its key changes nothing", () => {
    const { set, apply } = one();
    apply(snapshot(1, card(1)));
    expect(() => apply(snapshot(1, card(2), { title: "no key" }))).toThrow("lacks its key id");
    expect(set.rows).toEqual([card(1)]);
  });
});

describe("rule 11: transactions that a snapshot sees", () => {
  /** Shape 1 is live without rows, and shape 2 shows row 1 as transaction 99 left it, before that has come. */
  function ahead(): ReturnType<typeof feed> & { seen: Op } {
    const { merge, sets, apply } = feed(2);
    const seen = { shape: 2, snapshot: { xmin: "100", xmax: "100", active: [] }, rows: [card(1, "third")] };
    apply(seen);
    return { merge, sets, apply, seen };
  }

  test("G4: what a snapshot shows of a row stays when its shape is read again in the step that brings something older of it elsewhere", () => {
    const { sets, apply, seen } = ahead();
    apply({ key: 1, version: 2, row: card(1, "second"), insert: [1], transaction: "98" }, seen);
    expect(sets.map(({ rows }) => rows)).toEqual([[card(1, "third")], [card(1, "third")]]);
  });

  test("G4: something older that comes once more does not take away a row whose last change a snapshot has shown before", () => {
    const { sets, apply } = ahead();
    apply({ key: 1, version: 3, row: card(1, "third"), insert: [1], transaction: "99" });
    apply({ key: 1, version: 2, delete: [1], transaction: "98" });
    expect(sets[0]?.rows).toEqual([card(1, "third")]);
  });

  test("G2: a snapshot's row that row ops have brought further than a live shape has values of takes its own", () => {
    const { sets: [, , third], apply } = feed(3);
    // The second holds what it would have lost by then, had that been published in time.
    apply({ key: 1, version: 2, row: card(1, "second"), insert: [2] });
    apply({ key: 1, version: 3, row: card(1, "third"), insert: [1] }, { key: 1, version: 4, delete: [1] }, snapshot(3, card(1, "second")), { key: 1, version: 4, row: card(1, "fourth"), insert: [3] });
    expect(third?.rows).toEqual([card(1, "fourth")]);
    apply({ key: 1, version: 5, set: { listId: 2 }, update: [3], delete: [2] });
    expect(third?.rows).toEqual([card(1, "fourth", 2)]);
  });

  const seen: Snapshot = { xmin: "100", xmax: "110", active: ["105"] };
  const setup = () => {
    const { merge, set } = one();
    merge.apply([{ shape: 1, snapshot: seen, rows: [card(1, "of the snapshot")] }]);
    return {
      set,
      change: (transaction: string, ...ops: RowOp[]) => merge.apply(ops.map((op) => ({ ...op, transaction }))),
    };
  };

  test.each([["99"], ["104"], ["9"]])("a change of %s is ignored, be it update, insert or delete", (transaction) => {
    const { set, change } = setup();
    change(transaction, { key: 1, version: 5, set: { title: "late" }, update: [1] }, { key: 2, version: 5, row: card(2), insert: [1] });
    change(transaction, { key: 1, version: 5, delete: [1] });
    expect(set.rows).toEqual([card(1, "of the snapshot")]);
  });

  test.each([["105"], ["110"], ["1000"]])("a change of %s is applied", (transaction) => {
    const { set, change } = setup();
    change(transaction, { key: 1, version: 5, set: { title: "new" }, update: [1] });
    expect(set.rows).toEqual([card(1, "new")]);
    change(transaction, { key: 1, version: 6, delete: [1] });
    expect(set.rows).toEqual([]);
  });

  test("a row that is shared with a live shape still takes what that shape's snapshot did not see", () => {
    const { merge, sets, apply } = feed(1);
    apply({ key: 1, version: 3, row: card(1, "now"), insert: [1] });
    const second = new RowSet(1);
    merge.attach(second, 2, "Card", ["id"]);
    merge.apply([{ shape: 2, snapshot: seen, rows: [card(1, "later")] }]);
    merge.apply([{ key: 1, version: 4, set: { title: "later" }, update: [1, 2], transaction: "104" }]);
    expect([sets[0]?.rows, second.rows]).toEqual([[card(1, "later")], [card(1, "later")]]);
  });
});
