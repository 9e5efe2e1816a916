import { afterEach, describe, expect, test, vi } from "vitest";
import { Hub } from "../src/client.js";
import { createLiveHub } from "../src/index.js";
import { connect, FakeServer, reconnected, turn } from "./support/fake-server.js";
import { card, snapshot } from "./support/ops.js";

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

  test("no keys are live again after a lost connection, and nothing is asked for", async () => {
    const { server, hub } = await connect();
    const none = hub.many("Card", []);
    await turn();
    server.link.events.closed();
    await reconnected();
    server.link.welcome();
    await turn();
    expect([none.status, none.rows, server.links.length]).toEqual(["live", [], 2]);
    expect(server.links.flatMap(({ asked }) => asked)).toEqual([]);
    await hub.close();
  });

  test("all that a hub, a collection and a row can do works unbound", async () => {
    const { server, hub } = await connect();
    const { all, many, one, watching, closeAll, close, subscribe } = hub;
    const unsubscribe = subscribe(() => {});
    const cards = all("Card", { label: "cards" });
    const some = many("Card", [1]);
    const single = one("Card", 1);
    await turn();
    for (const [i, id] of server.link.asked.entries()) {
      server.link.accept(id, 5 + i);
      server.link.step(snapshot(5 + i, card(1)));
    }
    expect([cards.rows, some.rows, single.row, watching("cards")]).toEqual([[card(1)], [card(1)], card(1), true]);
    for (const { get } of [cards, some]) expect(get(1)).toEqual(card(1));
    const views = [cards, some, single];
    const told: string[] = [];
    const stops = views.flatMap(({ onDiff, subscribe }, i) => [onDiff(({ updated }) => told.push(`${i}: ${updated.length} updated`)), subscribe(() => told.push(`${i}: changed`))]);
    server.link.step({ key: 1, version: 2, set: { title: "x" }, update: [5, 6, 7] });
    expect(told).toEqual(["0: 1 updated", "0: changed", "1: 1 updated", "1: changed", "2: 1 updated", "2: changed"]);
    for (const stop of stops) stop();
    const { close: closeOne } = single;
    closeOne();
    expect([single.status, told.length]).toEqual(["closed", 6]);
    unsubscribe();
    closeAll();
    expect(views.map(({ status }) => status)).toEqual(["closed", "closed", "closed"]);
    await close();
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

  test("a hook whose promise rejects is the same; without a reason, that is told too", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const faults = [new Error("No token."), undefined];
    const causes: unknown[] = [];
    await new Promise<void>((resolve) => {
      const hub = createLiveHub("http://127.0.0.1:9/live", {
        configure: async () => {
          await turn();
          throw faults[causes.length];
        },
        reconnectDelayMs: () => {
          if (causes.push(hub.error?.cause) === 2) resolve(hub.close());
          return 1;
        },
      });
    });
    expect(causes).toEqual([faults[0], "No reason given."]);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  test("a server timeout that is longer than a timer takes is as long as one takes, for SignalR too", async () => {
    let timeoutMs: number | undefined;
    const hub = createLiveHub("http://127.0.0.1:9/live", {
      configure: (builder) => void (timeoutMs = builder.build().serverTimeoutInMilliseconds),
      serverTimeoutMs: Infinity,
    });
    await hub.close();
    expect(timeoutMs).toBe(2 ** 31 - 1);
  });

  test("a hook that is still busy when the hub is closed connects nothing", async () => {
    let configured = (): void => {};
    const fetched = vi.spyOn(globalThis, "fetch");
    const hub = createLiveHub("http://127.0.0.1:9/live", { configure: () => new Promise<void>((resolve) => (configured = resolve)) });
    await hub.close();
    configured();
    await turn();
    expect(fetched).not.toHaveBeenCalled();
  });

  test("where no welcome comes, no LiveHub answers: it is told, and tried again", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const server = new FakeServer();
    const hub = new Hub(server.open, { url: "http://server/chat", reconnectDelayMs: () => 1, serverTimeoutMs: 20 });
    const cards = hub.all("Card");
    await new Promise<void>((resolve) => hub.subscribe(resolve));
    expect([hub.status, hub.error?.code, hub.error?.cause, cards.status]).toEqual(["connecting", "connection_failed", "No LiveHub answers there.", "loading"]);
    expect(warn.mock.calls).toEqual([[hub.error?.message]]);
    await reconnected();
    server.link.welcome();
    expect([server.links.length, hub.status, hub.error]).toEqual([2, "connected", undefined]);
    await hub.close();
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
    expect(() => createLiveHub("/live")).toThrow("'/live' must be an absolute URL where there is no page.");
  });
});
