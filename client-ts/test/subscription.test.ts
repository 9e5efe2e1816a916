import { describe, expect, test } from "vitest";
import { LiveHubError } from "../src/errors.js";
import { next, Subscription, type Happening, type Phase } from "../src/subscription.js";
import { cells } from "./support/machine.js";

const fault = new LiveHubError("snapshot_failed", "of before");
const news = new LiveHubError("internal", "now");

/** How each phase is reached, after `asked` and, where it was live, `snapshot`; with a passing fault before where that is possible. */
const ways: Readonly<Record<Phase, readonly Happening[]>> = {
  idle: ["fault", "due"],
  asked: ["fault", "due", "asked"],
  live: ["fault", "due", "asked", "snapshot"],
  waiting: ["fault"],
  failed: ["refused"],
  closed: ["fault", "closed"],
};

const happens = (subscription: Subscription, happening: Happening, error: LiveHubError): boolean =>
  subscription.handle(happening, happening === "fault" || happening === "refused" ? error : undefined);

describe("a subscription", () => {
  test.each(cells)("that is $phase and $before, when $happening, is $then: shown as $status, its error $error", ({ phase, wasLive, happening, then, status, error }) => {
    const subscription = new Subscription(1, { entity: "Card" });
    for (const step of ["asked", ...(wasLive ? ["snapshot"] : []), ...ways[phase]] as const) happens(subscription, step as Happening, fault);
    expect(subscription.phase).toBe(phase);
    const before = { status: subscription.status, error: subscription.error };
    expect(before.error).toBe(phase === "live" ? undefined : fault);

    const isNews = happens(subscription, happening, news);
    expect([next(phase, happening), subscription.phase, subscription.status]).toEqual([then, then, status]);
    expect(subscription.error).toBe({ kept: before.error, given: news, cleared: undefined }[error]);
    expect(isNews).toBe(subscription.status !== before.status || subscription.error !== before.error);
  });

  test("that was only just made is idle, loading and without error", () => {
    const { phase, status, error } = new Subscription(1, { entity: "Card" });
    expect([phase, status, error]).toEqual(["idle", "loading", undefined]);
  });
});
