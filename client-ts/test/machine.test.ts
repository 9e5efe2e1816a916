import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Collection, HubStatus } from "../src/api.js";
import type { Hub } from "../src/client.js";
import type { Happening, Phase } from "../src/subscription.js";
import { FakeServer } from "./support/fake-server.js";
import { cells, machine } from "./support/machine.js";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const retryMs = 10_000;
const id = 1;
const shape = 5;

/** A hub, the server's side of it, and one collection; everything is caused from outside. */
class World {
  readonly server = new FakeServer();
  readonly hub: Hub = this.server.hub();
  readonly cards: Collection<object> = this.hub.all("Card") as Collection<object>;

  async turn(): Promise<void> {
    await vi.advanceTimersByTimeAsync(5);
  }

  /** The server is there, and whoever waits for it connects. */
  async up(): Promise<void> {
    this.server.isUp = true;
    await this.turn();
    this.server.link.welcome();
  }

  /** The line is cut, and stays so. */
  async down(): Promise<void> {
    this.server.isUp = false;
    this.server.link.events.closed();
    await this.turn();
  }

  snapshot(): void {
    this.server.link.accept(id, shape);
    this.step();
  }

  step(): void {
    this.server.link.step({ shape, snapshot: null, rows: [{ id: 7 }] });
  }

  fault(code: string): void {
    this.server.link.say({ type: "error", id, code, message: code, retryMs });
  }

  refuse(code: string): void {
    this.server.link.say({ type: "error", id, code, message: code });
  }

  async waitUntilDue(): Promise<void> {
    await vi.advanceTimersByTimeAsync(retryMs * 1.5 + 5);
  }
}

/** How a collection comes to be in a phase, once it has been asked for and, where it was live, was live. A passing fault is still to come due in each. */
const ways: Readonly<Record<Phase, (world: World) => Promise<void> | void>> = {
  idle: (world) => world.down(),
  asked: async (world) => {
    await world.down();
    await world.up();
  },
  live: async (world) => {
    await ways.asked(world);
    world.snapshot();
  },
  waiting: () => {},
  failed: (world) => world.refuse("unknown_entity"),
  closed: (world) => world.cards.close(),
};

/** What happens, as it happens out there. Where it cannot happen in a phase, the nearest thing that can. */
const causes: Readonly<Record<Happening, (world: World, phase: Phase) => Promise<void> | void>> = {
  // A connection comes up; where there is one, another collection of the same wants to be asked for.
  asked: async (world, phase) => {
    if (phase === "idle") await world.up();
    else world.hub.all("Card");
    await world.turn();
  },
  // Where nothing was asked, it is what a line that was cut or an id that is free had on its way.
  snapshot: (world, phase) => (phase === "asked" ? world.snapshot() : world.step()),
  fault: (world) => world.fault("internal"),
  due: (world) => world.waitUntilDue(),
  refused: (world) => world.refuse("internal"),
  lost: (world) => world.down(),
  closed: async (world) => {
    world.cards.close();
    await world.turn();
  },
};

/** Where the world differs from the machine alone, and why. */
const inTheWorld: Partial<Record<`${Phase} ${Happening}`, readonly [then: Phase, error: "kept" | "given" | "cleared"]>> = {
  // Without a connection the server says nothing: a line that was cut is not listened to any more.
  "idle fault": ["idle", "kept"],
  "idle refused": ["idle", "kept"],
  // What is due is asked for in the same turn.
  "waiting due": ["asked", "kept"],
  // What is refused for good or closed has no id any more.
  "failed fault": ["failed", "kept"],
  "failed refused": ["failed", "kept"],
};

describe("a collection of a hub", () => {
  test.each(cells)("that is $phase and $before, when $happening from outside", async ({ phase, wasLive, happening, then, status, error }) => {
    const world = new World();
    const { cards, server } = world;
    await world.up();
    if (wasLive) world.snapshot();
    world.fault("snapshot_failed");
    await ways[phase](world);
    const before = cards.state;
    const beforeError = { idle: "snapshot_failed", asked: "snapshot_failed", live: undefined, waiting: "snapshot_failed", failed: "unknown_entity", closed: undefined }[phase];
    expect([cards.status, cards.error?.code]).toEqual([machine[phase].due[wasLive ? 2 : 1], beforeError]);
    let calls = 0;
    cards.subscribe(() => calls++);

    await causes[happening](world, phase);
    const [thenIs, errorIs] = inTheWorld[`${phase} ${happening}`] ?? [then, error];
    const statusIs = thenIs === phase ? before.status : status;
    // Who closes it, wants to hear of no error.
    const errorAfter = thenIs === "closed" ? undefined : { kept: beforeError, given: "internal", cleared: undefined }[errorIs];
    expect([cards.status, cards.error?.code]).toEqual([statusIs, errorAfter]);
    // What was refused shows no rows any more; all else keeps them.
    const isRefused = phase === "failed" || thenIs === "failed";
    expect(cards.rows).toEqual(!isRefused && (wasLive || thenIs === "live") ? [{ id: 7 }] : []);

    // The same state and no call, unless something that it shows has changed.
    const isNews = statusIs !== before.status || errorAfter !== beforeError;
    expect([cards.state === before, calls]).toEqual([!isNews, isNews ? 1 : 0]);
    // Asked for once a connection, and again only when it is due; what failed or is closed is asked for by another, under another id.
    const asked = server.link.asked.filter((other) => other === id).length;
    const onThisLink: Partial<Record<Phase, number>> = { idle: happening === "lost" && phase !== "idle" ? asked : 0, asked: `${phase} ${happening}` === "waiting due" ? 2 : 1, live: 1, waiting: 1 };
    expect(asked).toBe(onThisLink[thenIs] ?? asked);
    await world.hub.close();
  });

  test("that is idle and fits in no message is refused without a connection's word", async () => {
    const world = new World();
    const huge = world.hub.many("Card", Array.from({ length: 50_000 }, (_, n) => n));
    expect(huge.status).toBe("loading");
    await world.up();
    expect([huge.status, huge.error?.code]).toEqual(["failed", "too_large"]);
    await world.hub.close();
  });
});

type HubHappening = "welcomed" | "unreachable" | "lost" | "confused" | "incompatible" | "closed";

/** The hub's states, and everything that can happen in them. */
const hubs: Readonly<Record<HubStatus, Readonly<Record<HubHappening, HubStatus>>>> = {
  connecting: { welcomed: "connected", unreachable: "connecting", lost: "connecting", confused: "connecting", incompatible: "closed", closed: "closed" },
  connected: { welcomed: "connected", unreachable: "connected", lost: "reconnecting", confused: "reconnecting", incompatible: "closed", closed: "closed" },
  reconnecting: { welcomed: "connected", unreachable: "reconnecting", lost: "reconnecting", confused: "reconnecting", incompatible: "closed", closed: "closed" },
  closed: { welcomed: "closed", unreachable: "closed", lost: "closed", confused: "closed", incompatible: "closed", closed: "closed" },
};

const hubWays: Readonly<Record<HubStatus, (world: World) => Promise<void>>> = {
  connecting: (world) => world.turn(),
  connected: (world) => world.up(),
  reconnecting: async (world) => {
    await world.up();
    await world.down();
    world.server.isUp = true;
    await world.turn();
  },
  closed: async (world) => {
    await world.up();
    await world.hub.close();
  },
};

/** Each on a line that is up, before the welcome or after it. */
const hubCauses: Readonly<Record<HubHappening, (world: World) => Promise<void> | void>> = {
  welcomed: ({ server }) => server.link.welcome(),
  unreachable: async (world) => {
    world.server.isUp = false;
    await world.turn();
  },
  lost: (world) => world.down(),
  confused: async (world) => {
    world.server.isUp = false;
    world.server.link.say(null);
    await world.turn();
  },
  incompatible: ({ server }) => server.link.say({ type: "error", code: "protocol", message: "Version 2 only." }),
  closed: ({ hub }) => hub.close(),
};

const hubRows = Object.entries(hubs).flatMap(([status, row]) => Object.entries(row).map(([happening, then]) => [status as HubStatus, happening as HubHappening, then] as const));

describe("a hub", () => {
  test.each(hubRows)("that is %s, when %s, is %s", async (status, happening, then) => {
    const world = new World();
    const { hub, server } = world;
    await hubWays[status](world);
    expect(hub.status).toBe(status);
    const shown = (): string => JSON.stringify([hub.status, hub.error?.message]);
    const heard = [shown()];
    hub.subscribe(() => heard.push(shown()));
    const before = hub.error?.code;
    await hubCauses[happening](world);
    // A call for each change of status or error, and for nothing else.
    expect([hub.status, heard.at(-1)]).toEqual([then, shown()]);
    expect(heard.filter((one, i) => one === heard[i - 1])).toEqual([]);
    expect([...new Set(heard.map((one) => (JSON.parse(one) as unknown[])[0]))]).toEqual(then === status ? [then] : [status, then]);
    // The last cause, until it is connected again; and why it is closed, where the user has not closed it.
    const caused = status === "closed" || (status === "connected" && happening === "unreachable") ? before
      : { welcomed: undefined, closed: undefined, incompatible: "protocol", unreachable: before, lost: "connection_failed", confused: "connection_failed" }[happening];
    expect(hub.error?.code).toBe(caused);

    // What is not closed comes back by itself; what is closed never does.
    const links = server.links.length;
    await world.up();
    if (then === "closed") expect([hub.status, server.links.length]).toEqual(["closed", links]);
    else expect(hub.status).toBe("connected");
    await hub.close();
    expect(server.links.every((link) => link.stopped)).toBe(true);
  });
});
