import { afterEach, describe, expect, test, vi } from "vitest";
import { connect, FakeServer, turn } from "./support/fake-server.js";
import { card, snapshot } from "./support/ops.js";

afterEach(() => void vi.restoreAllMocks());

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
