import { describe, expect, test } from "vitest";
import { createLiveHub } from "../src/index.js";
import { connect, FakeServer, reconnected, turn } from "./support/fake-server.js";
import { snapshot } from "./support/ops.js";

/** What has become of promises by now. */
async function outcomes(...promises: Promise<void>[]): Promise<string[]> {
  const found = promises.map(() => "waits");
  promises.forEach((promise, i) => void promise.then(() => (found[i] = "seen"), (error: { code: string }) => (found[i] = error.code)));
  await turn();
  return found;
}

describe("seen", () => {
  test("Rule 18: resolves when the server has said that all was sent, with the rows in place", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, { id: 1, title: "old" }));
    let shown: unknown;
    const seen = hub.seen("t1").then(() => (shown = cards.rows));
    const again = hub.seen("t1");
    expect(server.link.sent.slice(-1)).toEqual([{ type: "seen", transaction: "t1" }]);
    await turn();
    expect(shown).toBeUndefined();
    server.link.say({ type: "steps", steps: [[{ key: 1, version: 2, set: { title: "new" }, update: [5] }]], end: { offset: 2, tag: "t" } }, { type: "seen", transaction: "t1" });
    await seen;
    expect(shown).toEqual([{ id: 1, title: "new" }]);
    await again;
    expect(server.link.sent.filter(({ type }) => type === "seen")).toHaveLength(1);
    await hub.close();
  });

  test("a request that has saved nothing needs nothing, connected or not", async () => {
    const server = new FakeServer();
    server.isUp = false;
    const hub = server.hub();
    await Promise.all([hub.seen(null), hub.seen(undefined), hub.seen("")]);
    await hub.close();
  });

  test("while the connection is away it waits, and asks again on the next one", async () => {
    const { server, hub } = await connect();
    const seen = hub.seen("t1");
    server.link.events.closed();
    const later = hub.seen("t2");
    expect(await outcomes(seen, later)).toEqual(["waits", "waits"]);
    await reconnected();
    expect(server.link.sent.filter(({ type }) => type === "seen")).toEqual([{ type: "seen", transaction: "t1" }, { type: "seen", transaction: "t2" }]);
    server.link.welcome();
    server.link.say({ type: "seen", transaction: "t1" }, { type: "seen", transaction: "t2" }, { type: "seen", transaction: "nobody's" });
    expect(await outcomes(seen, later)).toEqual(["seen", "seen"]);
    await hub.close();
  });

  test("what was answered before a collection shows rows of this connection is not seen yet", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, { id: 1, title: "old" }));
    server.link.events.closed();
    const seen = hub.seen("t1");
    await reconnected();
    server.link.welcome();
    server.link.accept(1, 6);
    server.link.say({ type: "seen", transaction: "t1" });
    expect([cards.status, ...(await outcomes(seen))]).toEqual(["stale", "waits"]);
    server.link.step(snapshot(6, { id: 1, title: "new" }));
    expect([cards.rows, ...(await outcomes(seen))]).toEqual([[{ id: 1, title: "new" }], "seen"]);

    // One that was closed holds nothing up, nor does one that has shown nothing yet.
    server.link.events.closed();
    const another = hub.seen("t2");
    await reconnected();
    server.link.welcome();
    hub.all("List");
    server.link.say({ type: "seen", transaction: "t2" });
    expect(await outcomes(another)).toEqual(["waits"]);
    cards.close();
    expect(await outcomes(another)).toEqual(["seen"]);
    await hub.close();
  });

  test("an answer does not outlive its connection", async () => {
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5));
    server.link.say({ type: "error", code: "snapshot_failed", message: "?", id: 1, retryMs: 1e6 });
    const seen = hub.seen("t1");
    server.link.say({ type: "seen", transaction: "t1" });
    expect([cards.status, ...(await outcomes(seen))]).toEqual(["stale", "waits"]);
    server.link.events.closed();
    await reconnected();
    server.link.welcome();
    server.link.accept(1, 6);
    server.link.step(snapshot(6));
    expect([cards.status, ...(await outcomes(seen))]).toEqual(["live", "waits"]);
    server.link.say({ type: "seen", transaction: "t1" });
    expect(await outcomes(seen)).toEqual(["seen"]);
    await hub.close();
  });

  test("G12: a refusal rejects what it names, and nothing else; asked again, the server is asked again", async () => {
    const { server, hub } = await connect();
    const [bad, good] = [hub.seen("bad"), hub.seen("good")];
    server.link.say({ type: "error", code: "unknown_transaction", message: "?", transaction: "bad" });
    expect(await outcomes(bad, good)).toEqual(["unknown_transaction", "waits"]);
    void hub.seen("bad");
    expect(server.link.sent.at(-1)).toEqual({ type: "seen", transaction: "bad" });
    await hub.close();
    expect(await outcomes(good, hub.seen("late"))).toEqual(["closed", "closed"]);
  });

  test("what is too long for a token is refused without asking", async () => {
    const { server, hub } = await connect();
    const said = server.link.sent.length;
    expect(await outcomes(hub.seen("0".repeat(1056)), hub.seen("0".repeat(1055)))).toEqual(["unknown_transaction", "waits"]);
    expect(server.link.sent.length).toBe(said + 1);
    await hub.close();
  });

  test("a server that speaks another protocol rejects what waits with that code", async () => {
    const server = new FakeServer();
    const hub = server.hub();
    const seen = hub.seen("t1");
    await turn();
    server.link.say({ type: "error", code: "protocol", message: "?" });
    expect(await outcomes(seen, hub.seen("t2"))).toEqual(["protocol", "protocol"]);
  });

  test("an ignored promise is no unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    const hub = createLiveHub("http://127.0.0.1:9/live");
    void hub.seen("t1");
    await hub.close();
    await turn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

describe("going away", () => {
  test("the client leaves at once, keeps its rows, and comes back when it was told to", async () => {
    const server = new FakeServer();
    const waits: number[] = [];
    const hub = server.hub((attempt) => waits.push(attempt));
    const cards = hub.all("Card");
    await turn();
    server.link.welcome();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, { id: 1 }));
    const first = server.link;
    first.say({ type: "going-away", retryMs: 30 }, { type: "steps", steps: [[{ key: 1, version: 9, delete: [5] }]], end: { offset: 9, tag: "t" } });
    expect([first.stopped, hub.status, cards.status, cards.rows]).toEqual([true, "reconnecting", "stale", [{ id: 1 }]]);
    await reconnected();
    expect(server.links).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect([server.links.length, waits]).toEqual([2, []]);

    // The next time it is for the client to say.
    server.link.events.closed();
    await reconnected();
    expect([server.links.length, waits.length]).toEqual([3, 1]);
    await hub.close();
  });
});
