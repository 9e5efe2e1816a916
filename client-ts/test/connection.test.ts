import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Connection, defaultDelayMs } from "../src/connection.js";
import { createLiveHub } from "../src/index.js";
import { FakeServer } from "./support/fake-server.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function connection(
  server: FakeServer, options: { delayMs?: (attempt: number) => number; serverTimeoutMs?: number; welcome?: Promise<void> } = {},
) {
  const log: string[] = [];
  const attempts: number[] = [];
  const { delayMs = () => 1000, serverTimeoutMs = 30_000, welcome } = options;
  const made = new Connection(
    server.open,
    { serverTimeoutMs, reconnectDelayMs: (attempt) => (attempts.push(attempt), delayMs(attempt)) },
    {
      up: async () => {
        log.push("up");
        await welcome;
      },
      down: (_, cause) => log.push(cause ? `down: ${String(cause)}` : "down"),
      received: (payload) => {
        if (payload === "nonsense") throw new Error("What?");
        log.push(`received ${String(payload)}`);
      },
    },
  );
  return { connection: made, log, attempts };
}

/** The events of a browser, for a page that has a network and may lose it. */
function browser(): EventTarget {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  return page;
}

describe("a connection", () => {
  test("is tried again for ever when the server is not there, the first time too, with growing delays", async () => {
    const server = new FakeServer();
    server.isUp = false;
    const { connection: made, log, attempts } = connection(server, { delayMs: (attempt) => 100 * 2 ** attempt });
    await vi.advanceTimersByTimeAsync(700);
    expect(attempts).toEqual([0, 1, 2, 3]);
    server.isUp = true;
    await vi.advanceTimersByTimeAsync(800);
    expect(log).toEqual([...Array.from({ length: 4 }, () => "down: Error: unreachable"), "up"]);
    await made.close();
  });

  test("that ends is made anew; the delays begin anew after one that lasted", async () => {
    const server = new FakeServer();
    const { connection: made, log, attempts } = connection(server);
    await vi.advanceTimersByTimeAsync(100);
    server.link.events.closed();
    await vi.advanceTimersByTimeAsync(1100);
    server.link.events.closed();
    await vi.advanceTimersByTimeAsync(1000 + 20_000);
    server.link.events.closed();
    await vi.advanceTimersByTimeAsync(1000);
    expect(log).toEqual(["up", "down", "up", "down", "up", "down", "up"]);
    expect(attempts).toEqual([0, 1, 0]);
    await made.close();
  });

  test("whose start hangs is given up", async () => {
    const server = new FakeServer();
    const open = server.open;
    const { connection: made, log } = connection(Object.assign(server, {
      open: (events: Parameters<typeof open>[0]) => Object.assign(open(events), server.links.length === 1 ? { start: () => new Promise(() => {}) } : {}),
    }), { serverTimeoutMs: 5000 });
    await vi.advanceTimersByTimeAsync(4999);
    expect(server.links).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1001);
    expect(server.links[0]?.stopped).toBe(true);
    expect(log).toEqual(["down: No LiveHub answers there.", "up"]);
    await made.close();
  });

  test("that comes up and is not welcome in time is given up, with growing delays", async () => {
    const server = new FakeServer();
    const { connection: made, log, attempts } = connection(server, { serverTimeoutMs: 5000, welcome: new Promise(() => {}) });
    await vi.advanceTimersByTimeAsync(4999);
    expect([server.link.stopped, log]).toEqual([false, ["up"]]);
    await vi.advanceTimersByTimeAsync(1 + 1000 + 5000 + 1000);
    expect([server.links.map(({ stopped }) => stopped), log]).toEqual([
      [true, true, false], ["up", "down: No LiveHub answers there.", "up", "down: No LiveHub answers there.", "up"],
    ]);
    expect(attempts).toEqual([0, 1]);
    await made.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("whose delay throws takes the usual one, and says so", async () => {
    const report = vi.fn();
    vi.stubGlobal("reportError", report);
    const server = new FakeServer();
    const fault = new Error("No delay.");
    const { connection: made, log, attempts } = connection(server, { delayMs: () => { throw fault; } });
    await vi.advanceTimersByTimeAsync(10);
    for (let i = 0; i < 2; i++) {
      server.link.events.closed();
      await vi.advanceTimersByTimeAsync(500);
    }
    expect([log, attempts]).toEqual([["up", "down", "up", "down", "up"], [0, 1]]);
    expect(report.mock.calls).toEqual([[fault], [fault]]);
    await made.close();
  });

  test.each([Infinity, 2 ** 31, 1e15])("waits very long where it is told to wait %d ms: a timer would not wait at all", async (ms) => {
    const server = new FakeServer();
    const { connection: made, log } = connection(server, { delayMs: () => ms, serverTimeoutMs: ms, welcome: new Promise(() => {}) });
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(log).toEqual(["up"]);
    made.restart(ms);
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(log).toEqual(["up", "down"]);
    await vi.advanceTimersByTimeAsync(2 ** 31);
    server.link.events.closed();
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(log).toEqual(["up", "down", "up", "down"]);
    await made.close();
  });

  test.each([undefined, null, ""])("whose start fails with %j is told all the same", async (nothing) => {
    const server = new FakeServer();
    const { open } = server;
    const { connection: made, log } = connection(Object.assign(server, {
      open: (events: Parameters<typeof open>[0]) => Object.assign(open(events), { start: () => Promise.reject(nothing) }),
    }));
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(["down: No reason given."]);
    await made.close();
  });

  test("that was given up says nothing more", async () => {
    const server = new FakeServer();
    const { connection: made, log } = connection(server);
    await vi.advanceTimersByTimeAsync(0);
    const old = server.link;
    made.restart();
    await vi.advanceTimersByTimeAsync(1000);
    old.events.received("late");
    old.events.closed();
    server.link.events.received("now");
    expect(log).toEqual(["up", "down", "up", "received now"]);
    await made.close();
  });

  test("waits no longer when the browser is online again", async () => {
    const page = browser();
    const server = new FakeServer();
    server.isUp = false;
    const { connection: made, log } = connection(server, { delayMs: () => 30_000 });
    await vi.advanceTimersByTimeAsync(10);
    server.isUp = true;
    page.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(["down: Error: unreachable", "up"]);
    await made.close();
  });

  test.each(["online", "offline"])("that does not answer after an %s event is given up; one that answers is kept", async (event) => {
    const page = browser();
    const server = new FakeServer();
    const { connection: made, log } = connection(server);
    await vi.advanceTimersByTimeAsync(0);
    page.dispatchEvent(new Event(event));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual(["up"]);
    server.answersProbes = false;
    page.dispatchEvent(new Event(event));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(log).toEqual(["up", "down"]);
    await made.close();
  });

  test("that is given up says why: an end by an error, and what makes no sense; an end that was wished has no cause", async () => {
    const server = new FakeServer();
    const { connection: made, log } = connection(server);
    await vi.advanceTimersByTimeAsync(0);
    server.link.events.closed(new Error("gone"));
    await vi.advanceTimersByTimeAsync(1000);
    server.link.events.received("nonsense");
    await vi.advanceTimersByTimeAsync(1000);
    server.link.events.closed();
    await vi.advanceTimersByTimeAsync(1000);
    await made.close();
    expect(log).toEqual(["up", "down: Error: gone", "up", "down: Error: What?", "up", "down", "up", "down"]);
  });

  test("looks whether the server is there when the page is looked at again, not when it is hidden", async () => {
    const page = browser();
    const document = { hidden: true };
    vi.stubGlobal("document", document);
    const server = new FakeServer();
    const { connection: made, log } = connection(server);
    await vi.advanceTimersByTimeAsync(0);
    server.answersProbes = false;
    page.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(log).toEqual(["up"]);
    document.hidden = false;
    page.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(log).toEqual(["up", "down"]);
    await made.close();
  });

  test("that has not come up is not waited for when it is closed", async () => {
    const made = new Connection(
      () => ({ heard: new Date(), start: () => new Promise(() => {}), stop: () => new Promise(() => {}), send: () => Promise.resolve(), probe: () => Promise.resolve() }),
      { serverTimeoutMs: 30_000, reconnectDelayMs: () => 1000 },
      { up: () => Promise.resolve(), down: () => {}, received: () => {} },
    );
    await made.close();
  });

  test("closed while it waits makes no other", async () => {
    const server = new FakeServer();
    const { connection: made } = connection(server);
    await vi.advanceTimersByTimeAsync(0);
    server.link.events.closed();
    await made.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.links).toHaveLength(1);
  });
});

test("the default delays grow from a quarter of a second to 30 s, and never agree", () => {
  for (let attempt = 0; attempt < 2000; attempt++) {
    const most = Math.min(30_000, 250 * 2 ** attempt);
    const delayMs = defaultDelayMs(attempt);
    expect(delayMs).toBeGreaterThanOrEqual(most / 2);
    expect(delayMs).toBeLessThanOrEqual(most);
  }
  expect(new Set(Array.from({ length: 20 }, () => defaultDelayMs(7))).size).toBeGreaterThan(1);
});

test("a hub without delays of its own takes the default ones, which double up to their most", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  vi.spyOn(console, "warn").mockReturnValue();
  const at: number[] = [];
  const live = createLiveHub("http://server/live", {
    configure: () => {
      at.push(Date.now());
      throw new Error("No connection.");
    },
  });
  await vi.advanceTimersByTimeAsync(62_000);
  expect(at.slice(1).map((ms, i) => ms - (at[i] as number))).toEqual([125, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  await live.close();
});
