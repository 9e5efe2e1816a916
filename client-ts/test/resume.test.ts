import { describe, expect, test, vi } from "vitest";
import { connect, reconnected, turn, type FakeServer } from "./support/fake-server.js";
import { card, snapshot } from "./support/ops.js";

/** What the client says on the connection in hand, but for its hello. */
const asked = ({ link }: FakeServer): unknown[] => link.sent.filter((m) => m.type === "subscribe").map(({ subscriptions }) => subscriptions.map(({ id, fingerprint }) => [id, fingerprint]));

const position = ({ link: { sent: [hello] } }: FakeServer): unknown => hello?.type === "hello" && hello.position;

/** Two collections that were live when the connection was lost; the second shows what the first does. */
async function lost() {
  const { server, hub } = await connect();
  const cards = hub.all("Card");
  const first = hub.one("Card", 1);
  await turn();
  server.link.accept(1, 5, "Card", ["id"], { fingerprint: "all" });
  server.link.accept(2, 6, "Card", ["id"], { fingerprint: "one" });
  server.link.step(snapshot(5, card(1), card(2)), snapshot(6, card(1)));
  server.link.events.closed(new Error("gone"));
  await reconnected();
  server.link.welcome();
  return { server, hub, cards, first };
}

describe("rule 20: a client that comes back", () => {
  test("says where it was, and what it holds as of there, in one message; what it does not hold comes in another", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub } = await connect();
    hub.all("Card");
    await turn();
    server.link.accept(1, 5, "Card", ["id"], { fingerprint: "all" });
    server.link.step(snapshot(5, card(1)));
    hub.all("List");
    await turn();
    server.link.accept(2, 6, "List", ["id"], { fingerprint: "lists" });
    server.link.events.closed(new Error("gone"));
    hub.one("Card", 7);
    await reconnected();
    expect([position(server), asked(server)]).toEqual([{ epoch: "e", offset: 1, tag: "t" }, [[[1, "all"]], [[2, undefined], [3, undefined]]]]);
    await hub.close();
  });

  test("is live with the next step; rows that did not change are the objects that they were, and nobody hears of them", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub, cards, first } = await lost();
    const [one, two] = cards.rows;
    const diffs = vi.fn();
    const heard: string[] = [];
    cards.onDiff(diffs);
    first.onDiff(diffs);
    first.subscribe(() => heard.push(`${cards.status} ${first.status}`));
    server.link.accept(1, 15, "Card", ["id"], { fingerprint: "all", resumed: true });
    server.link.accept(2, 16, "Card", ["id"], { fingerprint: "one", resumed: true });
    expect([cards.status, first.status]).toEqual(["stale", "stale"]);
    server.link.step({ key: 3, version: 9, row: card(3), insert: [15] });
    expect([cards.status, first.status, heard]).toEqual(["live", "live", ["live live"]]);
    expect(diffs).toHaveBeenCalledExactlyOnceWith({ inserted: [card(3)], updated: [], deleted: [] });
    expect([cards.rows[0], cards.rows[1], first.row]).toEqual([one, two, one]);
    expect([cards.rows[0] === one, first.row === one]).toEqual([true, true]);

    // Rows are shared as before, under the new numbers.
    server.link.step({ key: 1, version: 10, set: { title: "x" }, update: [15, 16] });
    expect(first.row).toBe(cards.rows[0]);
    await hub.close();
  });

  test("knows what was deleted before it went", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    server.link.step({ key: 1, version: 9, delete: [5] });
    server.link.events.closed();
    await reconnected();
    server.link.welcome();
    server.link.accept(1, 5, "Card", ["id"], { resumed: true });
    server.link.step({ key: 1, version: 8, row: card(1), insert: [5] });
    expect(cards.rows).toEqual([]);
    await hub.close();
  });

  test("may be cut off again before it is up to date, and says the same once more", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub, cards } = await lost();
    server.link.accept(1, 15, "Card", ["id"], { fingerprint: "all", resumed: true });
    server.link.events.closed(new Error("gone"));
    await reconnected();
    expect([position(server), asked(server)]).toEqual([{ epoch: "e", offset: 1, tag: "t" }, [[[1, "all"], [2, "one"]]]]);
    server.link.welcome();
    server.link.accept(1, 15, "Card", ["id"], { resumed: true });
    server.link.step({ key: 2, version: 9, delete: [15] });
    expect(cards.rows).toEqual([card(1)]);
    await hub.close();
  });

  test("does not go on with what lags behind its position: it has to be read", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub, cards, first } = await lost();
    server.link.accept(1, 15, "Card", ["id"], { fingerprint: "all", resumed: true });
    server.link.step({ key: 1, version: 9, set: { title: "x" }, update: [15] });
    expect([cards.status, first.status, first.row]).toEqual(["live", "stale", card(1)]);
    server.link.events.closed(new Error("gone"));
    await reconnected();
    expect(asked(server)).toEqual([[[1, "all"]], [[2, undefined]]]);
    server.link.welcome();
    server.link.accept(2, 26, "Card", ["id"], { fingerprint: "one" });
    server.link.accept(1, 25, "Card", ["id"], { fingerprint: "all", resumed: true });
    server.link.step(snapshot(26, card(1, { title: "x" })));
    expect([first.status, first.row]).toEqual(["live", card(1, { title: "x" })]);
    await hub.close();
  });

  test("takes rows anew where the server says so, by difference", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub, cards, first } = await lost();
    const [one] = cards.rows;
    const diffs = vi.fn();
    cards.onDiff(diffs);
    server.link.accept(1, 15, "Card", ["id"], { fingerprint: "all" });
    server.link.accept(2, 16, "Card", ["id"], { fingerprint: "one", resumed: true });
    server.link.step(snapshot(15, card(1), card(2, { title: "x" })));
    expect(diffs).toHaveBeenCalledExactlyOnceWith({ inserted: [], updated: [{ row: card(2, { title: "x" }), columns: ["title"] }], deleted: [] });
    expect([cards.rows[0] === one, first.row === one, cards.status, first.status]).toEqual([true, true, "live", "live"]);
    await hub.close();
  });

  test("knows nothing of another log: rows stay until they are replaced, versions begin anew", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub } = await connect();
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    server.link.step({ key: 1, version: 900, set: { title: "x" }, update: [5] });
    server.link.events.closed();
    await reconnected();
    server.link.say({ type: "welcome", protocol: 1, epoch: "another" });
    server.link.accept(1, 5);
    expect(cards.rows).toEqual([card(1, { title: "x" })]);
    server.link.step(snapshot(5, card(1)));
    server.link.step({ key: 1, version: 3, set: { title: "y" }, update: [5] });
    expect(cards.rows).toEqual([card(1, { title: "y" })]);
    server.link.events.closed();
    await reconnected();
    expect(position(server)).toMatchObject({ epoch: "another" });
    await hub.close();
  });

  test("asks anew for what does not fit into the message of those that go on", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { server, hub } = await connect();
    const keys = (from: number): number[] => Array.from({ length: 10_000 }, (_, i) => from + i);
    const many = [0, 1, 2].map((i) => hub.many("Card", keys(100_000 * (i + 1))));
    await turn();
    server.link.asked.forEach((id) => server.link.accept(id, 5 + id));
    server.link.step(...server.link.asked.map((id) => snapshot(5 + id)));
    server.link.events.closed();
    await reconnected();
    expect(asked(server)).toEqual([[[1, "f"]], [[2, undefined]], [[3, undefined]]]);
    expect(many.map(({ status }) => status)).toEqual(["stale", "stale", "stale"]);
    await hub.close();
  });
});

test("staleSince says when the server was heard last, not when that was noticed, while it is not up to date", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const { server, hub } = await connect();
  const cards = hub.all("Card");
  await turn();
  expect([cards.status, cards.staleSince]).toEqual(["loading", undefined]);
  server.link.accept(1, 5);
  server.link.step(snapshot(5, card(1)));
  expect(cards.staleSince).toBeUndefined();
  const pinged = (server.link.heard = new Date(Date.now() - 60_000));
  server.link.events.closed();
  const since = cards.staleSince as Date;
  expect(since).toBe(pinged);
  expect(cards.state.staleSince).toBe(since);
  await reconnected();
  server.link.welcome();
  server.link.events.closed();
  expect(cards.staleSince).toBe(since);
  await reconnected();
  server.link.welcome();
  server.link.accept(1, 5, "Card", ["id"], { resumed: true });
  server.link.step();
  expect([cards.status, cards.staleSince, cards.state.staleSince]).toEqual(["live", undefined, undefined]);
  await hub.close();
});
