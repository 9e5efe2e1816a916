import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decode as decodeEach } from "../src/decode.js";
import { clientName, hello, seen, subscribe, unsubscribe, type ClientMessage, type ServerMessage } from "../src/protocol.js";
import { toTarget, type Request } from "../src/target.js";

interface Golden { readonly name: string; readonly message: Record<string, unknown> & { readonly type: string } }

function decode(payload: unknown): ServerMessage[] {
  const messages: ServerMessage[] = [];
  decodeEach(payload, (message) => messages.push(message));
  return messages;
}

const golden = (file: string): Golden[] =>
  JSON.parse(readFileSync(new URL(`../../tests/protocol/${file}`, import.meta.url), "utf8")) as Golden[];
const request = (id: number, request: Request) => ({ id, ...toTarget(request) });

const encoded: Readonly<Record<string, ClientMessage>> = {
  hello: hello(),
  "subscribe by key": subscribe([request(1, { entity: "Card", keys: [42] })]),
  "subscribe by composite key": subscribe([request(2, { entity: "CardLabel", keys: [{ cardId: 1, labelId: 2 }] })]),
  "subscribe by keys": subscribe([request(3, { entity: "Card", keys: [3, 1, 2] })]),
  "subscribe by filter and columns": subscribe([
    request(4, { entity: "Card", where: { listId: 7, memberId: { in: [1, 2] } }, columns: ["id", "title"] }),
  ]),
  "subscribe to null": subscribe([request(5, { entity: "Card", where: { memberId: null } })]),
  "subscribe to all, several at once": subscribe([request(6, { entity: "Card" }), request(7, { entity: "List", where: {} })]),
  unsubscribe: unsubscribe([1, 2]),
  seen: seen("019a9f0c3b7e7d21a4c05b1f2e3d4c5b"),
};

describe("golden messages", () => {
  test.each(golden("client.json"))("the client says '$name' as written", ({ name, message }) => {
    expect(encoded[name], `nothing encodes '${name}'`).toBeDefined();
    expect(JSON.stringify(encoded[name])).toBe(JSON.stringify(message));
  });

  test.each(golden("server.json"))("the client understands '$name'", ({ message }) => {
    expect(decode([message])).toEqual([message]);
  });

  test("the client calls itself what package.json says", () => {
    const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as Record<string, string>;
    expect(clientName).toBe(`${name}/${version}`);
  });
});

describe("decoding", () => {
  test("P2: messages of unknown type and unknown fields are ignored", () => {
    expect(decode([{ type: "from-the-future" }, { type: "welcome", protocol: 1, epoch: "e", more: true }])).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ["no array", { type: "welcome" }],
    ["no object", ["welcome"]],
    ["null", [null]],
    ["a welcome without protocol", [{ type: "welcome", epoch: "e" }]],
    ["a shape that is no number", [{ type: "subscribed", id: 1, shape: "57", entity: "Card", key: ["id"] }]],
    ["an empty key", [{ type: "subscribed", id: 1, shape: 57, entity: "Card", key: [] }]],
    ["keys that are no pairs", [{ type: "subscribed", id: 1, shape: 57, entity: "Card", key: ["id"], keys: [["A"]] }]],
    ["a part without ops", [{ type: "part", step: 1, end: { offset: 1, tag: "t" } }]],
    ["a part of no step", [{ type: "part", ops: [], end: { offset: 1, tag: "t" } }]],
    ["steps without end", [{ type: "steps", steps: [[]] }]],
    ["a step that is no list", [{ type: "steps", steps: [{}], end: { offset: 1, tag: "t" } }]],
    ["transactions that are not of one step each", [{ type: "steps", steps: [[]], transactions: ["1"], end: { offset: 1, tag: "t" } }]],
    ["an end without tag", [{ type: "steps", steps: [[]], end: { offset: 1 } }]],
    ["an op that is null", [{ type: "steps", steps: [[null]], end: { offset: 1, tag: "t" } }]],
    ["an insert without row", [{ type: "steps", steps: [[{ key: 1, version: 1, set: {}, insert: [1] }]], end: { offset: 1, tag: "t" } }]],
    ["an update without values", [{ type: "steps", steps: [[{ key: 1, version: 1, update: [1] }]], end: { offset: 1, tag: "t" } }]],
    ["a version that is no integer", [{ type: "steps", steps: [[{ key: 1, version: 1.5, delete: [1] }]], end: { offset: 1, tag: "t" } }]],
    ["a key that is null", [{ type: "steps", steps: [[{ key: null, version: 1, delete: [1] }]], end: { offset: 1, tag: "t" } }]],
    ["rows that are no objects", [{ type: "steps", steps: [[{ shape: 1, snapshot: null, rows: [1] }]], end: { offset: 1, tag: "t" } }]],
    ["an error without code", [{ type: "error", message: "?" }]],
    ["a transaction that is no text", [{ type: "seen", transaction: 1 }]],
    ["a time to come back that is none", [{ type: "going-away", retryMs: "soon" }]],
  ])("%s is refused", (_, payload) => {
    expect(() => decode(payload)).toThrow("Not of this protocol: ");
  });
});
