import { describe, expect, test } from "vitest";
import { LiveHubError } from "../src/errors.js";
import { next, Subscription, type Happening, type Phase } from "../src/subscription.js";

// Every phase and everything that can happen: what follows.
const table: Readonly<Record<Phase, Readonly<Record<Happening, Phase>>>> = {
  idle: { asked: "asked", snapshot: "idle", fault: "idle", due: "idle", refused: "failed", lost: "idle", closed: "closed" },
  asked: { asked: "asked", snapshot: "live", fault: "waiting", due: "asked", refused: "failed", lost: "idle", closed: "closed" },
  live: { asked: "live", snapshot: "live", fault: "waiting", due: "live", refused: "failed", lost: "idle", closed: "closed" },
  waiting: { asked: "waiting", snapshot: "waiting", fault: "waiting", due: "idle", refused: "failed", lost: "idle", closed: "closed" },
  failed: { asked: "failed", snapshot: "failed", fault: "failed", due: "failed", refused: "failed", lost: "failed", closed: "closed" },
  closed: { asked: "closed", snapshot: "closed", fault: "closed", due: "closed", refused: "closed", lost: "closed", closed: "closed" },
};

const rows = Object.entries(table).flatMap(([phase, row]) =>
  Object.entries(row).map(([happening, then]) => [phase as Phase, happening as Happening, then] as const));

describe("a subscription", () => {
  test.each(rows)("that is %s, when %s, is %s", (phase, happening, then) => expect(next(phase, happening)).toBe(then));

  const make = (...happenings: Happening[]): Subscription => {
    const subscription = new Subscription(1, { entity: "Card" });
    for (const happening of happenings) subscription.handle(happening);
    return subscription;
  };

  test("is loading until it is live, and stale when it loses the connection afterwards", () => {
    expect(make().status).toBe("loading");
    expect(make("asked", "lost").status).toBe("loading");
    expect(make("asked", "fault").status).toBe("loading");
    expect(make("asked", "snapshot").status).toBe("live");
    expect(make("asked", "snapshot", "lost", "asked").status).toBe("stale");
    expect(make("asked", "snapshot", "fault").status).toBe("stale");
  });

  test("keeps a passing fault until it is live again", () => {
    const subscription = make("asked");
    expect(subscription.handle("fault", new LiveHubError("snapshot_failed", "again"))).toBe(true);
    subscription.handle("due");
    expect(subscription.error?.code).toBe("snapshot_failed");
    subscription.handle("asked");
    expect(subscription.handle("snapshot")).toBe(true);
    expect(subscription.error).toBeUndefined();
  });

  test("says whether anything changed that its collections show", () => {
    const subscription = make();
    expect(subscription.handle("asked")).toBe(false);
    expect(subscription.handle("snapshot")).toBe(true);
    expect(subscription.handle("snapshot")).toBe(false);
    expect(subscription.handle("lost")).toBe(true);
  });
});
