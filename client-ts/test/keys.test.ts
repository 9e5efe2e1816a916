import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalKey, keyOfRow } from "../src/keys.js";
import { RowSet } from "../src/rowset.js";

describe("keys", () => {
  test("a number and the string that a long is written as are one key", () => {
    expect(canonicalKey(42)).toBe(canonicalKey("42"));
    expect(canonicalKey(42)).toBe(keyOfRow({ id: "42" }, 5, ["id"]));
  });

  test("a composite key agrees in messages, in rows and as users write it", () => {
    const set = new RowSet(1);
    set.keyColumns = ["cardId", "labelId"];
    const row = { labelId: 2, title: "x", cardId: 1 };
    expect(canonicalKey([1, 2])).toBe(keyOfRow(row, 5, set.keyColumns));
    set.members.set(canonicalKey([1, 2]), row);
    expect(set.find({ labelId: "2", cardId: 1 })).toBe(row);
  });

  test("different composite keys never meet", () => {
    const part = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(fc.tuple(part, part), fc.tuple(part, part), (a, b) => {
        const same = String(a[0]) === String(b[0]) && String(a[1]) === String(b[1]);
        expect(canonicalKey(a) === canonicalKey(b)).toBe(same);
      }),
    );
  });

  test("a row that lacks its key has none, and its values are not told", () => {
    expect(() => keyOfRow({ title: "x" }, 5, ["id"])).toThrow(/^A row of shape 5 lacks its key id\.$/);
    expect(() => keyOfRow({ cardId: 1, labelId: null }, 5, ["cardId", "labelId"])).toThrow(/^A row of shape 5 lacks its key cardId,labelId\.$/);
  });
});
