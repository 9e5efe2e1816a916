import { afterEach, describe, expect, test, vi } from "vitest";
import { Hub } from "../src/client.js";
import { FakeServer, turn } from "./support/fake-server.js";
import { card, snapshot } from "./support/ops.js";

afterEach(() => void vi.useRealTimers());

const lateMs = 10_000;

/** A collection with one row, and a clock that the test moves on. */
async function live() {
  const server = new FakeServer();
  const hub = new Hub(server.open, { url: "http://server/live", reconnectDelayMs: () => 1, serverTimeoutMs: 1e9 });
  await turn();
  server.link.welcome();
  const cards = hub.all("Card");
  await turn();
  server.link.accept(1, 5);
  server.link.step(snapshot(5, card(1)));
  vi.useFakeTimers();
  return { server, hub, cards };
}

const change = (id: number, version: number): object => ({ key: id, version, set: { title: `as of ${version}` }, update: [5] });

describe("rule 21: a change of a row that is not here", () => {
  test("waits for the row, which is written first and may be published later", async () => {
    const { server, hub, cards } = await live();
    server.link.step(change(2, 9) as never);
    expect(cards.rows).toEqual([card(1)]);
    await vi.advanceTimersByTimeAsync(lateMs - 1);
    server.link.step({ key: 2, version: 9, row: card(2), insert: [5] });
    await vi.advanceTimersByTimeAsync(3 * lateMs);
    expect([cards.status, cards.rows, server.link.asked]).toEqual(["live", [card(1), card(2)], [1]]);
    await hub.close();
  });

  test("lets the collection be asked for again where the row does not come", async () => {
    const { server, hub, cards } = await live();
    server.link.step(change(2, 9) as never);
    server.link.step(change(2, 10) as never);
    await vi.advanceTimersByTimeAsync(lateMs - 1);
    expect(server.link.asked).toEqual([1]);
    await vi.advanceTimersByTimeAsync(lateMs + 1);
    expect(server.link.sent.slice(-2)).toEqual([{ type: "unsubscribe", ids: [1] }, { type: "subscribe", subscriptions: [{ id: 1, entity: "Card" }] }]);
    expect([cards.status, cards.rows]).toEqual(["stale", [card(1)]]);
    server.link.accept(1, 6);
    server.link.step(snapshot(6, card(1), card(2)));
    await vi.advanceTimersByTimeAsync(3 * lateMs);
    expect([cards.status, cards.rows.length, server.link.asked]).toEqual(["live", 2, [1, 1]]);
    await hub.close();
  });

  test("is of no account once the row is known to be gone, or newer", async () => {
    const { server, hub } = await live();
    server.link.step(change(2, 9) as never, change(3, 9) as never);
    server.link.step({ key: 2, version: 10, delete: [5] });
    server.link.step({ key: 3, version: 10, row: card(3), insert: [5] });
    server.link.step({ key: 3, version: 11, delete: [5] });
    await vi.advanceTimersByTimeAsync(3 * lateMs);
    expect(server.link.asked).toEqual([1]);
    await hub.close();
  });

  test("each waits for as long as it may, whatever came before it", async () => {
    const { server, hub } = await live();
    server.link.step(change(2, 9) as never);
    await vi.advanceTimersByTimeAsync(lateMs - 1);
    server.link.step({ key: 2, version: 9, row: card(2), insert: [5] });
    server.link.step(change(3, 9) as never);
    await vi.advanceTimersByTimeAsync(lateMs - 1);
    expect(server.link.asked).toEqual([1]);
    await vi.advanceTimersByTimeAsync(lateMs + 1);
    expect(server.link.asked).toEqual([1, 1]);
    await hub.close();
  });

  test("asks anew only when what goes on has come, whose answer could be taken for another's", async () => {
    const { server, hub, cards } = await live();
    server.link.step(change(2, 9) as never);
    server.link.events.closed();
    await vi.advanceTimersByTimeAsync(5);
    server.link.welcome();
    await vi.advanceTimersByTimeAsync(3 * lateMs);
    expect(server.link.sent.map(({ type }) => type)).toEqual(["hello", "subscribe"]);
    server.link.accept(1, 6, "Card", ["id"], { resumed: true });
    server.link.step();
    expect(cards.status).toBe("live");
    await vi.advanceTimersByTimeAsync(2 * lateMs);
    expect(server.link.sent.slice(2)).toEqual([{ type: "unsubscribe", ids: [1] }, { type: "subscribe", subscriptions: [{ id: 1, entity: "Card" }] }]);
    await hub.close();
  });
});
