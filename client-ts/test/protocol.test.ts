import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { clientName, hello, seen, subscribe, unsubscribe, type ClientMessage } from "../src/protocol.js";
import { toTarget, type Request } from "../src/target.js";
import { connect, reconnected, turn } from "./support/fake-server.js";
import { card, snapshot } from "./support/ops.js";

interface Golden { readonly name: string; readonly message: Record<string, unknown> & { readonly type: string } }

const golden = (file: string): Golden[] =>
  JSON.parse(readFileSync(new URL(`../../tests/protocol/${file}`, import.meta.url), "utf8")) as Golden[];
const request = (id: number, request: Request) => ({ id, ...toTarget(request) });

const encoded: Readonly<Record<string, ClientMessage>> = {
  hello: hello(undefined),
  "hello, back again": hello({ epoch: "5c8a1f0e9b7d4f63", offset: 901, tag: "9f3a5c0d11e2b476" }),
  "subscribe by key": subscribe([request(1, { entity: "Card", keys: [42] })]),
  "subscribe by composite key": subscribe([request(2, { entity: "CardLabel", keys: [{ cardId: 1, labelId: 2 }] })]),
  "subscribe by keys": subscribe([request(3, { entity: "Card", keys: [3, 1, 2] })]),
  "subscribe by filter and columns": subscribe([
    request(4, { entity: "Card", where: { listId: 7, memberId: { in: [1, 2] } }, columns: ["id", "title"] }),
  ]),
  "subscribe to null": subscribe([request(5, { entity: "Card", where: { memberId: null } })]),
  "subscribe to all, several at once": subscribe([request(6, { entity: "Card" }), request(7, { entity: "List", where: {} })]),
  "subscribe, going on": subscribe([{ ...request(1, { entity: "Card", keys: [42] }), fingerprint: "b2f0c4" }]),
  unsubscribe: unsubscribe([1, 2]),
  seen: seen("019a9f0c3b7e7d21a4c05b1f2e3d4c5b"),
};

describe("golden messages", () => {
  test.each(golden("client.json"))("the client says '$name' as written", ({ name, message }) => {
    expect(encoded[name], `nothing encodes '${name}'`).toBeDefined();
    expect(JSON.stringify(encoded[name])).toBe(JSON.stringify(message));
  });

  test.each(golden("server.json"))("the client takes '$name'", async ({ message }) => {
    const { server, hub } = await connect();
    server.link.say(message);
    expect(server.links).toHaveLength(1);
    await hub.close();
  });

  test("the client calls itself what package.json says", () => {
    const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as Record<string, string>;
    expect(clientName).toBe(`${name}/${version}`);
  });
});

describe("what the server says", () => {
  test("P2: messages of unknown type and unknown fields are ignored", async () => {
    const { server, hub } = await connect();
    server.link.say({ type: "from-the-future" }, { type: "welcome", protocol: 1, epoch: "e", more: true });
    expect([hub.status, server.links.length]).toEqual(["connected", 1]);
    await hub.close();
  });

  test.each<[string, unknown]>([
    ["no array", { type: "welcome" }],
    ["null", [null]],
    ["no ops", [{ type: "part", step: 1, end: { offset: 1, tag: "t" } }]],
    ["no steps", [{ type: "steps", end: { offset: 1, tag: "t" } }]],
    ["a step that is no list", [{ type: "steps", steps: [{}], end: { offset: 1, tag: "t" } }]],
    ["an op that is null", [{ type: "steps", steps: [[null]], end: { offset: 1, tag: "t" } }]],
    ["a key that is null", [{ type: "steps", steps: [[{ key: null, version: 1, delete: [1] }]], end: { offset: 1, tag: "t" } }]],
    ["rows that are no objects", [{ type: "steps", steps: [[{ shape: 1, snapshot: null, rows: [1] }]], end: { offset: 1, tag: "t" } }]],
  ])("%s: the connection is given up, and everything is asked anew", async (_, payload) => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 1);
    server.link.step(snapshot(1, card(1)));
    server.link.events.received(payload);
    expect([hub.status, hub.error?.code, cards.status]).toEqual(["reconnecting", "connection_failed", "stale"]);
    await reconnected();
    expect(server.link.asked).toEqual([1]);
    expect(cards.rows).toEqual([card(1)]);
    await hub.close();
  });
});
