import { afterEach, describe, expect, test, vi } from "vitest";
import { connect, reconnected, turn } from "./support/fake-server.js";
import { card, snapshot } from "./support/ops.js";

afterEach(() => void vi.restoreAllMocks());

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
    expect(cards.state).toEqual({ rows: [card(1)], status: "live", error: undefined, staleSince: undefined });
    server.link.say({ type: "error", id: 1, code: "snapshot_failed", message: "Again.", retryMs: 2 });
    expect(cards.state).toMatchObject({ rows: [card(1)], status: "stale", error: { code: "snapshot_failed" } });
    await hub.close();
  });

  test("P24, P27: a wait that is longer than a timer takes is no wait of nothing", async () => {
    const { server, hub } = await connect();
    hub.all("Card");
    await turn();
    server.link.say({ type: "error", id: 1, code: "snapshot_failed", message: "Later.", retryMs: 1e15 });
    await reconnected();
    expect(server.link.asked).toEqual([1]);
    server.link.say({ type: "going-away", retryMs: 1e15 });
    await reconnected();
    expect([server.links.length, hub.status]).toEqual([1, "reconnecting"]);
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
    ["what is no message", null],
    ["a row without its key", { type: "steps", steps: [[snapshot(5, { title: "secret" })]], end: { offset: 9, tag: "t" } }],
  ])("after %s it warns, connects anew and ends right", async (_, garbage) => {
    const { server, hub } = await connect();
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const cards = hub.all("Card");
    await turn();
    server.link.accept(1, 5);
    server.link.step(snapshot(5, card(1)));
    server.link.say(garbage);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls.join()).not.toContain("secret");
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
