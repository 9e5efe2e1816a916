import type { CollectionStatus } from "../../src/api.js";
import type { Happening, Phase } from "../../src/subscription.js";

/** What follows: the phase; the status of one that was never live, and of one that was; what becomes of its error. */
export type Then = readonly [phase: Phase, neverLive: CollectionStatus, wasLive: CollectionStatus, error: "kept" | "given" | "cleared"];

/**
 * The subscription machine as it must be: every phase, and everything that can happen in it. Written without a look at the code; a phase or a
 * happening that is added there does not compile until it is said here what it means everywhere.
 */
export const machine: Readonly<Record<Phase, Readonly<Record<Happening, Then>>>> = {
  idle: {
    asked: ["asked", "loading", "stale", "kept"],
    snapshot: ["idle", "loading", "stale", "kept"],
    fault: ["idle", "loading", "stale", "given"],
    due: ["idle", "loading", "stale", "kept"],
    refused: ["failed", "failed", "failed", "given"],
    lost: ["idle", "loading", "stale", "kept"],
    closed: ["closed", "closed", "closed", "kept"],
  },
  asked: {
    asked: ["asked", "loading", "stale", "kept"],
    snapshot: ["live", "live", "live", "cleared"],
    fault: ["waiting", "loading", "stale", "given"],
    due: ["asked", "loading", "stale", "kept"],
    refused: ["failed", "failed", "failed", "given"],
    lost: ["idle", "loading", "stale", "kept"],
    closed: ["closed", "closed", "closed", "kept"],
  },
  live: {
    asked: ["live", "live", "live", "kept"],
    snapshot: ["live", "live", "live", "kept"],
    fault: ["waiting", "stale", "stale", "given"],
    due: ["live", "live", "live", "kept"],
    refused: ["failed", "failed", "failed", "given"],
    lost: ["idle", "stale", "stale", "kept"],
    closed: ["closed", "closed", "closed", "kept"],
  },
  waiting: {
    asked: ["waiting", "loading", "stale", "kept"],
    snapshot: ["waiting", "loading", "stale", "kept"],
    fault: ["waiting", "loading", "stale", "given"],
    due: ["idle", "loading", "stale", "kept"],
    refused: ["failed", "failed", "failed", "given"],
    lost: ["idle", "loading", "stale", "kept"],
    closed: ["closed", "closed", "closed", "kept"],
  },
  failed: {
    asked: ["failed", "failed", "failed", "kept"],
    snapshot: ["failed", "failed", "failed", "kept"],
    fault: ["failed", "failed", "failed", "given"],
    due: ["failed", "failed", "failed", "kept"],
    refused: ["failed", "failed", "failed", "given"],
    lost: ["failed", "failed", "failed", "kept"],
    closed: ["closed", "closed", "closed", "kept"],
  },
  closed: {
    asked: ["closed", "closed", "closed", "kept"],
    snapshot: ["closed", "closed", "closed", "kept"],
    fault: ["closed", "closed", "closed", "given"],
    due: ["closed", "closed", "closed", "kept"],
    refused: ["closed", "closed", "closed", "given"],
    lost: ["closed", "closed", "closed", "kept"],
    closed: ["closed", "closed", "closed", "kept"],
  },
};

/** Every cell of the table, for a subscription that was never live and for one that was. */
export const cells = Object.entries(machine).flatMap(([phase, row]) =>
  Object.entries(row).flatMap(([happening, then]) => ([false, true] as const)
    // What is live was live.
    .filter((wasLive) => wasLive || phase !== "live")
    .map((wasLive) => ({
      phase: phase as Phase, happening: happening as Happening, wasLive, before: wasLive ? "was live" : "was never live",
      then: then[0], status: wasLive ? then[2] : then[1], error: then[3],
    }))));
