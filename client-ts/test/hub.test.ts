import { afterEach, describe, expect, test, vi } from "vitest";
import { createLiveHub } from "../src/index.js";
import type { LooseRow } from "../src/schema.js";
import { connect, FakeServer, reconnected, turn } from "./support/fake-server.js";

const card = (id: number, more: object = {}): LooseRow => ({ id, title: `card ${id}`, ...more });
const snapshot = (shape: number, ...rows: LooseRow[]) => ({ shape, snapshot: null, rows });

afterEach(() => void vi.restoreAllMocks());

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

  test("keys that rows show otherwise are found as they were asked for and as they are shown, in the order asked for", async () => {
    const { server, hub } = await connect();
    const [A, b, C] = [{ id: "A", n: 1 }, { id: "b", n: 1 }, { id: "C", n: 1 }];
    const a = { id: "a" };
    const c = { id: "c" };
    const many = hub.many("Card", [C, A, b]);
    const other = hub.many("Card", [b, A, C]);
    await turn();
    expect(server.link.asked).toEqual([1]);
    const key = ["n", "id"];
    const keys = [[[1, "C"], [1, "c"]], [[1, "A"], [1, "a"]]];
    server.link.accept(1, 5, "Card", key, { keys });
    const rows = [{ ...a, n: 1 }, b, { ...c, n: 1 }];
    server.link.step(snapshot(5, ...rows));
    const expectFound = (): void => {
      expect([many.rows, other.rows]).toEqual([[rows[2], rows[0], b], [b, rows[0], rows[2]]]);
      for (const at of [A, { ...A, ...a }]) expect(many.get(at)).toBe(many.rows[1]);
      for (const at of [C, { ...C, ...c }]) expect(other.get(at)).toBe(many.rows[0]);
    };
    expectFound();
    server.link.step({ key: [1, "a"], version: 2, set: { title: "x" }, update: [5] });
    rows[0] = { ...rows[0], title: "x" } as unknown as (typeof rows)[number];
    expectFound();

    // What is shown meanwhile, and what is asked for once more, is found in the same way.
    server.link.events.closed();
    expectFound();
    await reconnected();
    server.link.welcome();
    server.link.accept(1, 5, "Card", key, { keys });
    server.link.step(snapshot(5, ...rows));
    expectFound();
    await hub.close();
    expectFound();
  });

  test.each<[string, (hub: Awaited<ReturnType<typeof connect>>["hub"]) => unknown]>([
    ["limit", (hub) => hub.all("Card", { limit: 10 } as object)],
    ["include", (hub) => hub.one("Board", 1, { include: { lists: true } } as object)],
    ["wheer", (hub) => hub.all("Card", { wheer: { listId: 7 } } as object)],
    ["where", (hub) => hub.one("Card", 1, { where: { listId: 7 } })],
    ["orderBy", (hub) => hub.many("Card", [1], { orderBy: { id: "asc" } })],
    ["entity", (hub) => hub.all("Card", { entity: "List" } as object)],
    ["keys", (hub) => hub.all("Card", { keys: [1] } as object)],
    ["headers", () => createLiveHub("http://127.0.0.1:9/live", { headers: {} } as object)],
  ])("an option that there is not, or not here, is refused by name: %s", async (name, open) => {
    const { server, hub } = await connect();
    const before = hub.all("Card", { label: "mine" });
    expect(() => open(hub)).toThrow(expect.objectContaining({ name: "LiveHubError", code: "not_supported", message: `LiveHub: option '${name}' is unknown.` }) as Error);
    await turn();
    expect([server.link.asked, before.status]).toEqual([[1], "loading"]);
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

describe("a collection", () => {
  async function cards(options: Parameters<Awaited<ReturnType<typeof connect>>["hub"]["all"]>[1] = {}) {
    const { server, hub } = await connect();
    const collection = hub.all("Card", options);
    await turn();
    server.link.accept(1, 5);
    return { server, hub, collection, link: server.link };
  }

  test("state is the same object until something changes, and subscribe works unbound", async () => {
    const { collection, link, hub } = await cards();
    const { subscribe, close } = collection;
    let calls = 0;
    const end = subscribe(() => calls++);
    expect(calls).toBe(0);
    expect(collection.state).toBe(collection.state);
    const loading = collection.state;
    link.step(snapshot(5, card(1)));
    const live = collection.state;
    expect([loading.status, live.status, live.rows, calls]).toEqual(["loading", "live", [card(1)], 1]);
    link.step({ key: 1, version: 1, set: { title: "card 1" }, update: [5] });
    expect(collection.state).toBe(live);
    expect(calls).toBe(1);
    end();
    close();
    expect([calls, collection.status, collection.rows]).toEqual([1, "closed", [card(1)]]);
    await hub.close();
  });

  test("many keeps the order asked for and leaves out what is missing; one shares its subscription", async () => {
    const { server, hub } = await connect();
    const one = hub.one("Card", 3);
    const many = hub.many("Card", [3, 1, 2]);
    const other = hub.many("Card", [1, 2, 3]);
    await turn();
    expect(server.link.asked).toEqual([1, 2]);
    server.link.accept(1, 5);
    server.link.accept(2, 6);
    server.link.step(snapshot(5, card(3)), snapshot(6, card(1), card(3)));
    expect([one.row, many.rows, other.rows]).toEqual([card(3), [card(3), card(1)], [card(1), card(3)]]);
    expect(many.rows[0]).toBe(one.row);
    server.link.step({ key: 2, version: 1, row: card(2), insert: [6] });
    expect([many.rows, other.rows]).toEqual([[card(3), card(1), card(2)], [card(1), card(2), card(3)]]);
    await hub.close();
  });

  test("C2: a single row goes and comes back, live all the time", async () => {
    const { server, hub } = await connect();
    const one = hub.one("CardLabel", { cardId: 1, labelId: 2 });
    await turn();
    const row = { cardId: 1, labelId: 2 };
    server.link.accept(1, 5, "CardLabel", ["cardId", "labelId"]);
    server.link.step(snapshot(5, row));
    expect(one.state).toEqual({ row, status: "live", error: undefined });
    server.link.step({ key: [1, 2], version: 1, delete: [5] });
    expect(one.state).toEqual({ row: undefined, status: "live", error: undefined });
    server.link.step({ key: [1, 2], version: 2, row, insert: [5] });
    expect(one.row).toEqual(row);
    await hub.close();
  });

  test("G10, rule 5: collections that are read again stay live, keep the rows that did not change, and tell of the others once", async () => {
    const { server, hub } = await connect();
    const [all, one, other] = [hub.all("Card"), hub.one("Card", 2), hub.all("List")];
    await turn();
    server.link.accept(1, 5);
    server.link.accept(2, 6);
    server.link.accept(3, 7, "List");
    server.link.step(snapshot(5, card(1), card(2), card(3)), snapshot(6, card(2)), snapshot(7, { id: 9, name: "old" }));
    server.link.step({ key: 1, version: 8, set: { title: "eight" }, update: [5] });
    const [first, second, third] = all.rows;
    const heard: unknown[] = [];
    all.subscribe(() => heard.push(["all", all.status, all.rows, one.row, other.rows[0]]));
    all.onDiff((diff) => heard.push(diff));
    one.subscribe(() => heard.push(["one", one.status, one.row, all.rows]));
    other.onDiff(() => heard.push("other"));

    // Card 2 was renamed, card 3 deleted and card 4 inserted unseen; card 1 was read before its version 8, which joins.
    const two = card(2, { title: "two" });
    server.link.step(
      { key: 9, version: 9, set: { name: "new" }, update: [7] },
      snapshot(5, card(1), two, card(4)), snapshot(6, two),
      { key: 1, version: 8, set: { title: "eight" }, update: [5] },
    );
    expect(heard).toHaveLength(4);
    expect(heard).toContainEqual(["all", "live", [first, two, card(4)], two, { id: 9, name: "new" }]);
    expect(heard).toContainEqual({ inserted: [card(4)], updated: [{ row: two, columns: ["title"] }], deleted: [third] });
    expect(heard).toContainEqual(["one", "live", two, [first, two, card(4)]]);
    expect(all.rows[0]).toBe(first);
    expect(all.rows[1]).toBe(one.row);
    expect(all.rows[1]).not.toBe(second);

    // The same rows again: nobody hears of it.
    const { rows } = all;
    server.link.step(snapshot(5, card(1, { title: "eight" }), two, card(4)), snapshot(6, two));
    expect(heard).toHaveLength(4);
    expect(all.rows).toBe(rows);
    expect(all.rows[1]).toBe(one.row);
    await hub.close();
  });

  test("rule 5: a live collection whose rows could not be read again keeps them, stale, and asks until it is live", async () => {
    vi.useFakeTimers();
    try {
      const server = new FakeServer();
      const hub = server.hub();
      await vi.advanceTimersByTimeAsync(1);
      server.link.welcome();
      const all = hub.all("Card");
      await vi.advanceTimersByTimeAsync(1);
      server.link.accept(1, 5);
      server.link.step(snapshot(5, card(1), card(2)));
      const [first] = all.rows;
      server.link.say({ type: "error", id: 1, code: "snapshot_failed", message: "…", retryMs: 2000 });
      expect([all.status, all.error?.code, all.rows]).toEqual(["stale", "snapshot_failed", [card(1), card(2)]]);
      await vi.advanceTimersByTimeAsync(3000);
      expect(server.link.asked).toEqual([1, 1]);
      server.link.accept(1, 5);
      server.link.step(snapshot(5, card(1)));
      expect([all.status, all.error, all.rows]).toEqual(["live", undefined, [card(1)]]);
      expect(all.rows[0]).toBe(first);
      await hub.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test("get finds rows by key, whether a long is written as number or string, and by composite keys", async () => {
    const { server, hub } = await connect();
    const labels = hub.all("CardLabel");
    const longs = hub.all("Long");
    expect(longs.get(1)).toBeUndefined();
    await turn();
    server.link.accept(1, 5, "CardLabel", ["cardId", "labelId"]);
    server.link.accept(2, 6, "Long");
    server.link.step(snapshot(5, { cardId: 1, labelId: 2 }), snapshot(6, { id: "42" }));
    expect(labels.get({ labelId: 2, cardId: 1 })).toEqual({ cardId: 1, labelId: 2 });
    expect(longs.get(42)).toBe(longs.get("42"));
    expect(longs.get(42)).toEqual({ id: "42" });
    await hub.close();
  });

  test("orderBy sorts on the client and follows changes", async () => {
    const { collection, link, hub } = await cards({ orderBy: { position: "asc" } });
    link.step(snapshot(5, card(1, { position: 3 }), card(2, { position: null }), card(3, { position: 1 })));
    const ids = () => collection.rows.map(({ id }) => id);
    expect(ids()).toEqual([3, 1, 2]);
    link.step({ key: 3, version: 1, set: { position: 4 }, update: [5] }, { key: 4, version: 1, row: card(4, { position: 2 }), insert: [5] });
    expect(ids()).toEqual([4, 1, 3, 2]);
    expect(collection.rows).toBe(collection.rows);
    await hub.close();
  });

  test("G5: every collection has the step before any listener runs, and a listener that throws stops no other", async () => {
    const { server, hub } = await connect();
    const [a, b] = [hub.all("Card", { where: { list: 1 } }), hub.all("Card", { where: { list: 2 } })];
    await turn();
    server.link.accept(1, 5);
    server.link.accept(2, 6);
    server.link.step(snapshot(5, card(1)), snapshot(6));
    const seen: unknown[] = [];
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    a.subscribe(() => {
      throw new Error("of the listener");
    });
    for (const c of [a, b]) c.subscribe(() => seen.push([a.rows.length, b.rows.length]));
    server.link.step({ key: 1, version: 1, row: card(1), insert: [6], delete: [5] });
    expect(seen).toEqual([[0, 1], [0, 1]]);
    expect(errors).toHaveBeenCalledOnce();
    await hub.close();
  });

  test("a listener may close and open collections; who was closed hears nothing more", async () => {
    const { collection, link, hub } = await cards();
    const heard: string[] = [];
    const second = hub.all("Card");
    collection.subscribe(() => {
      heard.push("first");
      second.close();
      hub.all("Card").onDiff(({ inserted }) => heard.push(`third ${inserted.length}`));
    });
    second.onDiff(() => heard.push("second"));
    link.step(snapshot(5, card(1)));
    await turn();
    expect(heard).toEqual(["first", "third 1"]);
    await hub.close();
  });

  test("one that is opened while another shows the same has its rows at once, and hears of them first", async () => {
    const { collection, link, hub } = await cards();
    link.step(snapshot(5, card(1)));
    const later = hub.all("Card");
    expect([later.status, later.rows]).toEqual(["live", collection.rows]);
    const diffs: unknown[] = [];
    later.onDiff((diff) => diffs.push(diff));
    link.step({ key: 2, version: 1, row: card(2), insert: [5] });
    await turn();
    later.onDiff((diff) => diffs.push(diff));
    expect(diffs).toEqual([
      { inserted: [card(1)], updated: [], deleted: [] },
      { inserted: [card(2)], updated: [], deleted: [] },
    ]);
    await hub.close();
  });

  test("C5: a label names one collection: opening another under it closes the former", async () => {
    const { server, hub } = await connect();
    const first = hub.all("Card", { where: { list: 1 }, label: "mine" });
    await turn();
    expect(hub.watching("mine")).toBe(true);
    const second = hub.all("Card", { where: { list: 2 }, label: "mine" });
    await turn();
    expect([first.status, second.status, hub.watching("mine")]).toEqual(["closed", "loading", true]);
    expect(server.link.sent.slice(-2)).toEqual([
      { type: "unsubscribe", ids: [1] },
      { type: "subscribe", subscriptions: [{ id: 2, entity: "Card", where: { list: 2 } }] },
    ]);
    second.close();
    expect(hub.watching("mine")).toBe(false);
    await hub.close();
  });

  test("ready resolves at the first live, rejects on failed and closed, and is never an unhandled rejection", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { server, hub } = await connect();
    const [good, bad, closed] = [hub.all("Card"), hub.all("Crad"), hub.all("List")];
    void [bad.ready, closed.ready];
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5));
    server.link.say({ type: "error", id: 2, code: "unknown_entity", message: "No entity 'Crad'." });
    closed.close();
    await expect(good.ready).resolves.toBeUndefined();
    await expect(bad.ready).rejects.toMatchObject({ name: "LiveHubError", code: "unknown_entity" });
    await expect(closed.ready).rejects.toMatchObject({ code: "closed" });
    await turn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await hub.close();
  });
});

describe("faults", () => {
  test("P23: a refusal is final: failed, with its code, and its rows go", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card", { label: "mine" });
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    const deleted = vi.fn();
    cards.onDiff((diff) => deleted(diff.deleted));
    server.link.say({ type: "error", id: 1, code: "forbidden", message: "No longer." });
    expect(cards.state).toMatchObject({ rows: [], status: "failed", error: { code: "forbidden", message: "No longer." } });
    expect(deleted).toHaveBeenCalledExactlyOnceWith([card(1)]);
    expect(hub.watching("mine")).toBe(false);
    server.link.step({ key: 2, version: 1, row: card(2), insert: [5] });
    expect(cards.rows).toEqual([]);
    hub.all("Card");
    await turn();
    expect(server.link.asked).toEqual([1, 2]);
    await hub.close();
  });

  test("P24: a passing fault keeps what is shown, is shown itself, and is asked again until it is live", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.say({ type: "error", id: 1, code: "snapshot_failed", message: "Again.", retryMs: 2 });
    expect(cards.state).toMatchObject({ status: "loading", error: { code: "snapshot_failed" } });
    await reconnected();
    expect(server.link.asked).toEqual([1, 1]);
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    expect(cards.state).toEqual({ rows: [card(1)], status: "live", error: undefined });
    server.link.say({ type: "error", id: 1, code: "snapshot_failed", message: "Again.", retryMs: 2 });
    expect(cards.state).toMatchObject({ rows: [card(1)], status: "stale", error: { code: "snapshot_failed" } });
    await hub.close();
  });

  test("rule 22: no common protocol closes the hub and fails everything, now and later", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.say({ type: "error", code: "protocol", message: "Version 2 only." });
    expect([hub.status, cards.status, cards.error?.code]).toEqual(["closed", "failed", "protocol"]);
    const later = hub.all("List");
    expect([later.status, later.error?.code]).toEqual(["failed", "protocol"]);
    await reconnected();
    expect(server.links).toHaveLength(1);
  });

  test("a welcome in a version that the client does not speak is the same", async () => {
    const { server, hub } = await connect();
    server.link.say({ type: "welcome", protocol: 2, epoch: "e" });
    expect(hub.status).toBe("closed");
  });

  test("an error about no subscription is a warning", async () => {
    const { server, hub } = await connect();
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    server.link.say({ type: "error", code: "bad_message", message: "What?" });
    expect(warn).toHaveBeenCalledExactlyOnceWith("LiveHub: bad_message: What?");
    expect(hub.status).toBe("connected");
    await hub.close();
  });

  test.each<[string, unknown]>([
    ["what is no message", "x"],
    ["a row without its key", { type: "part", ops: [snapshot(5, { title: "?" })], end: { offset: 9, tag: "t" } }],
  ])("after %s it warns, connects anew and ends right", async (_, garbage) => {
    const { server, hub } = await connect();
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    server.link.say(garbage);
    expect(warn).toHaveBeenCalledOnce();
    expect([hub.status, cards.status, cards.rows]).toEqual(["reconnecting", "stale", [card(1)]]);
    await reconnected();
    expect(server.links).toHaveLength(2);
    server.link.welcome();
    server.link.accept(1, 9);
    server.link.step(snapshot(9, card(2)));
    expect([hub.status, cards.status, cards.rows]).toEqual(["connected", "live", [card(2)]]);
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

  test("a hook that throws is a connection that failed: it is told, and tried again", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const fault = new Error("No such transport.");
    let calls = 0;
    let attempts = 0;
    const heard: unknown[] = [];
    const tried = new Promise<void>((resolve) => {
      const hub = createLiveHub("http://127.0.0.1:9/live", {
        configure: () => {
          calls++;
          throw calls < 4 ? fault : "no Error at all";
        },
        reconnectDelayMs: (attempt) => {
          if ((attempts = attempt) === 5) resolve(hub.close());
          return 1;
        },
      });
      hub.subscribe(() => heard.push([hub.status, hub.error?.code, hub.error?.cause]));
    });
    await tried;
    expect([calls, attempts]).toEqual([6, 5]);
    expect(heard).toEqual([
      ["connecting", "connection_failed", fault], ["connecting", "connection_failed", "no Error at all"], ["closed", undefined, undefined],
    ]);
    expect(warn.mock.calls).toEqual(["Error: No such transport.", "no Error at all"].map((cause) =>
      [`LiveHub: no connection to http://127.0.0.1:9/live: ${cause} Check the URL, accessTokenFactory and configure.`]));
  });

  test("causes that take turns are each told once", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub } = await connect();
    for (const cause of ["one", "other", "one", "other"]) {
      server.link.events.closed(new Error(cause));
      expect([hub.status, String(hub.error?.cause)]).toEqual(["reconnecting", `Error: ${cause}`]);
      await reconnected();
      server.link.welcome();
      expect([hub.status, hub.error]).toEqual(["connected", undefined]);
    }
    expect(warn).toHaveBeenCalledTimes(2);
    await hub.close();
  });

  test("in Node a relative URL is refused with the way out", () => {
    expect(() => createLiveHub("/live")).toThrow("'/live' is relative, and there is no page. Give an absolute URL");
  });
});
