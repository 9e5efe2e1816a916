import { describe, expect, test } from "vitest";
import { canonical, matchesNothing, toTarget, type Request } from "../src/target.js";

const name = (request: Request): string => canonical(toTarget(request));

describe("targets", () => {
  test.each<[string, Request, Request]>([
    ["keys in another order", { entity: "Card", keys: [3, 1] }, { entity: "Card", keys: [1, 3, 3] }],
    ["a composite key's names in another order", { entity: "A", keys: [{ x: 1, y: 2 }] }, { entity: "A", keys: [{ y: 2, x: 1 }] }],
    ["a filter's names and lists in another order",
      { entity: "Card", where: { a: 1, b: { in: [1, 2] } } }, { entity: "Card", where: { b: { in: [2, 1] }, a: 1 } }],
    ["columns in another order", { entity: "Card", columns: ["a", "b"] }, { entity: "Card", columns: ["b", "a"] }],
    ["an empty filter and none", { entity: "Card", where: {} }, { entity: "Card" }],
  ])("%s make one target", (_, a, b) => expect(name(a)).toBe(name(b)));

  test.each<[string, Request, Request]>([
    ["null and the text 'null'", { entity: "Card", where: { a: null } }, { entity: "Card", where: { a: "null" } }],
    ["a value and a list", { entity: "Card", where: { a: 1 } }, { entity: "Card", where: { a: { in: [1] } } }],
    ["keys and the whole entity", { entity: "Card", keys: [] }, { entity: "Card" }],
    ["some columns and all", { entity: "Card", columns: ["a"] }, { entity: "Card" }],
  ])("%s make two targets", (_, a, b) => expect(name(a)).not.toBe(name(b)));

  test("an undefined term is refused: leaving it out would show more than was asked for", () => {
    expect(() => toTarget({ entity: "Card", where: { listId: undefined } })).toThrow("Card.listId must be a string, number or boolean, not undefined");
  });

  test("an operator that does not exist is refused", () => {
    expect(() => toTarget({ entity: "Card", where: { listId: { gt: 1 } } })).toThrow("a value or { in: [...] }");
    expect(() => toTarget({ entity: "Card", where: { listId: { in: [1], gt: 1 } } })).toThrow(TypeError);
  });

  test("numbers that JSON does not know and big integers go as strings", () => {
    expect(toTarget({ entity: "A", where: { x: NaN, y: { in: [-Infinity, 2n ** 60n] } } }).where)
      .toEqual({ x: "NaN", y: { in: ["-Infinity", "1152921504606846976"] } });
  });

  test("no keys and an empty list match nothing", () => {
    expect(matchesNothing({ entity: "Card", keys: [] })).toBe(true);
    expect(matchesNothing({ entity: "Card", where: { a: 1, b: { in: [] } } })).toBe(true);
    expect(matchesNothing({ entity: "Card", where: { a: null } })).toBe(false);
  });
});
