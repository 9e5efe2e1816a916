import type { CollectionStatus } from "./api.js";
import type { LiveHubError } from "./errors.js";
import type { Position, Target } from "./protocol.js";
import { RowSet, type Change } from "./rowset.js";
import { matchesNothing } from "./target.js";

/**
 * Where a subscription is. `idle`: to be asked for; `asked`: the server has been asked on this connection; `live`: its
 * snapshot is in; `waiting`: a passing fault, it is asked for again later; `failed`, `closed`: for good.
 */
export type Phase = "idle" | "asked" | "live" | "waiting" | "failed" | "closed";

/**
 * What happens to a subscription. `asked`: the message was sent; `snapshot`: a snapshot was merged; `fault`: an error with
 * `retryMs`; `due`: that time is over; `refused`: an error without; `lost`: the connection ended; `closed`: nobody looks any more.
 */
export type Happening = "asked" | "snapshot" | "fault" | "due" | "refused" | "lost" | "closed";

const ends = { refused: "failed", closed: "closed" } as const;

/** What follows from what; where a phase does not list a happening, it changes nothing. */
const transitions: Readonly<Record<Phase, Readonly<Partial<Record<Happening, Phase>>>>> = {
  idle: { asked: "asked", ...ends },
  asked: { snapshot: "live", fault: "waiting", lost: "idle", ...ends },
  live: { fault: "waiting", lost: "idle", ...ends },
  waiting: { due: "idle", lost: "idle", ...ends },
  failed: { closed: "closed" },
  closed: {},
};

export function next(phase: Phase, happening: Happening): Phase {
  return transitions[phase][happening] ?? phase;
}

/** What looks at a subscription: a collection. All of them take a step in before one of them calls a listener. */
export interface Watcher {
  /** Takes in what has changed: rows, where there is a change, else status or error. */
  absorb(change: Change | undefined): void;
  /** Tells its listeners. */
  announce(change: Change | undefined): void;
}

/** One target on the wire, and all collections that show it. */
export class Subscription {
  readonly id: number;
  readonly target: Target;
  readonly rows: RowSet;
  /** Another array whenever one comes or goes. */
  watchers: readonly Watcher[] = [];
  /** Whether the server is asked at all: a target that no row can match is live at once. */
  readonly onWire: boolean;
  phase: Phase = "idle";
  /** The last fault; undefined once it is live. */
  error: LiveHubError | undefined;
  /** Since when its rows may be out of date; undefined unless it is stale. */
  staleSince: Date | undefined;
  /** What the server takes for it when it is asked to go on from there. */
  fingerprint: string | undefined;
  /** What its rows were true as of when the connection ended. */
  asOf: Position | undefined;
  #wasLive = false;

  constructor(id: number, target: Target) {
    this.id = id;
    this.rows = new RowSet(id);
    this.target = target;
    this.onWire = !matchesNothing(target);
  }

  get status(): CollectionStatus {
    const { phase } = this;
    if (phase === "live" || phase === "failed" || phase === "closed") return phase;
    return this.#wasLive ? "stale" : "loading";
  }

  /** Makes the transition; what made it stale did so at `since`. Returns whether its collections show another status or error than before. */
  handle(happening: Happening, error?: LiveHubError, since: Date = new Date()): boolean {
    const { status, error: errorBefore } = this;
    this.phase = next(this.phase, happening);
    if (this.phase === "live") {
      this.#wasLive = true;
      this.error = undefined;
    } else if (error) {
      this.error = error;
    }
    this.staleSince = this.status === "stale" ? (this.staleSince ?? since) : undefined;
    return this.status !== status || this.error !== errorBefore;
  }
}
