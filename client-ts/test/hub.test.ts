import { describe, expect, test } from "vitest";
import { createLiveHub } from "../src/index.js";
import { connect, FakeServer, reconnected, turn } from "./support/fake-server.js";
import { card, snapshot } from "./support/ops.js";

describe("asking", () => {
  test("P4, P8: the hello comes first, and what is opened in one turn is asked for in one message", async () => {
    const server = new FakeServer();
    const hub = server.hub();
    hub.all("Card");
    hub.one("List", 7);
    await turn();
    expect(server.link.sent).toEqual([
      { type: "hello", protocol: { min: 1, max: 1 }, client: "@livehub/client/0.1.0" },
      { type: "subscribe", subscriptions: [{ id: 1, entity: "Card" }, { id: 2, entity: "List", keys: [7] }] },
    ]);
    await hub.close();
  });

  test("C7: the same target three times is one subscription, three collections fed; the last close ends it", async () => {
    const { server, hub } = await connect();
    const three = [hub.all("Card", { where: { a: 1, b: 2 } }), hub.all("Card", { where: { b: 2, a: 1 } }), hub.all("Card", { where: { a: 1, b: 2 } })];
    await turn();
    expect(server.link.asked).toEqual([1]);
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    expect(three.map(({ rows }) => rows)).toEqual([[card(1)], [card(1)], [card(1)]]);
    three[0]?.close();
    three[1]?.close();
    await turn();
    expect(server.link.sent.at(-1)).toMatchObject({ type: "subscribe" });
    three[2]?.close();
    await turn();
    expect(server.link.sent.at(-1)).toEqual({ type: "unsubscribe", ids: [1] });
    await hub.close();
  });

  test("closing and opening again in one turn says nothing on the wire", async () => {
    const { server, hub } = await connect();
    const first = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    const said = server.link.sent.length;
    first.close();
    const second = hub.all("Card");
    await turn();
    expect(server.link.sent).toHaveLength(said);
    expect([second.status, second.rows]).toEqual(["live", [card(1)]]);
    await hub.close();
  });

  test("many subscriptions go in messages below 24 kB each", async () => {
    const { server, hub } = await connect();
    for (let i = 0; i < 1000; i++) hub.one("Card", `${i}`.padStart(50, "0"));
    await turn();
    const messages = server.link.sent.filter(({ type }) => type === "subscribe");
    expect(messages.length).toBeGreaterThan(2);
    for (const message of messages) expect(JSON.stringify(message).length).toBeLessThan(24_000);
    expect(server.link.asked).toHaveLength(1000);
    await hub.close();
  });

  test("a subscription that fits in no message fails alone", async () => {
    const { server, hub } = await connect();
    const huge = hub.many("Card", Array.from({ length: 30_000 }, (_, i) => i));
    hub.all("Card");
    await turn();
    expect([huge.status, huge.error?.code]).toEqual(["failed", "too_large"]);
    expect(server.link.asked).toEqual([2]);
    await hub.close();
  });

  test("P3: a large subscription goes in a message of its own, up to what servers take", async () => {
    const { server, hub } = await connect();
    const keys = Array.from({ length: 3_000 }, (_, i) => `${i}`.padStart(40, "0"));
    hub.all("List");
    const large = hub.many("Card", keys);
    hub.all("Label");
    await turn();
    const sizes = server.link.sent.filter(({ type }) => type === "subscribe").map((message) => JSON.stringify(message).length);
    expect([sizes.length, large.status, server.link.asked]).toEqual([3, "loading", [1, 2, 3]]);
    expect(Math.max(...sizes)).toBeGreaterThan(125_000);
    expect(Math.max(...sizes)).toBeLessThan(131_000);
    await hub.close();
  });

  test("no keys are live at once, without the server", async () => {
    const hub = new FakeServer().hub();
    const none = hub.many("Card", []);
    await none.ready;
    expect([none.status, none.rows]).toEqual(["live", []]);
    await hub.close();
  });
});

describe("away", () => {
  test("what is shown stays, stale, and comes back by difference: unchanged rows keep identity, deleted ones leave", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1), card(2), card(3)));
    const [first] = cards.rows;
    const heard: unknown[] = [];
    cards.subscribe(() => heard.push(cards.status));
    cards.onDiff((diff) => heard.push(diff));
    server.link.events.closed();
    expect([hub.status, cards.status, cards.rows.length]).toEqual(["reconnecting", "stale", 3]);
    await reconnected();
    server.link.welcome();
    server.link.accept(1, 1);
    server.link.step(snapshot(1, card(1), card(2, { title: "x" })));
    expect(cards.rows).toEqual([card(1), card(2, { title: "x" })]);
    expect(cards.rows[0]).toBe(first);
    expect(heard).toEqual([
      "stale",
      { inserted: [], updated: [{ row: card(2, { title: "x" }), columns: ["title"] }], deleted: [card(3)] },
      "live",
    ]);
    await hub.close();
  });

  test("P10: versions and tombstones of an earlier connection are forgotten", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5), { key: 1, version: 900, row: card(1), insert: [5] }, { key: 2, version: 900, delete: [5] });
    server.link.events.closed();
    await reconnected();
    server.link.say({ type: "welcome", protocol: 1, epoch: "another" });
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    server.link.step({ key: 1, version: 3, set: { title: "x" }, update: [5] }, { key: 2, version: 3, row: card(2), insert: [5] });
    expect(cards.rows).toEqual([card(1, { title: "x" }), card(2)]);
    await hub.close();
  });

  test("what is opened and closed while away is asked for, or not, on return", async () => {
    const { server, hub } = await connect();
    const [gone, stays] = [hub.all("Card"), hub.all("List")];
    await turn();
    server.link.events.closed();
    gone.close();
    hub.all("Label");
    await reconnected();
    expect(server.links).toHaveLength(2);
    expect(server.link.asked).toEqual([2, 3]);
    expect(stays.status).toBe("loading");
    await hub.close();
  });
});

describe("the end", () => {
  test("close closes every collection, the connection, and what is opened later", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await hub.close();
    expect([hub.status, cards.status, hub.all("Card").status, server.link.stopped]).toEqual(["closed", "closed", "closed", true]);
    await reconnected();
    expect(server.links).toHaveLength(1);
  });

  test("in Node a relative URL is refused with the way out", () => {
    expect(() => createLiveHub("/live")).toThrow("'/live' is relative, and there is no page. Give an absolute URL");
  });
});
