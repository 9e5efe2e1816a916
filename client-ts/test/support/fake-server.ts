import type { Link, LinkEvents, OpenLink } from "../../src/connection.js";
import { Hub } from "../../src/client.js";
import type { ClientMessage, Op } from "../../src/protocol.js";

/** One connection as the server sees it. It stands in for our own `Link`, not for SignalR. */
export class FakeLink implements Link {
  readonly sent: ClientMessage[] = [];
  readonly events: LinkEvents;
  readonly server: FakeServer;
  heard = new Date();
  stopped = false;

  constructor(events: LinkEvents, server: FakeServer) {
    this.events = events;
    this.server = server;
  }

  start(): Promise<void> {
    return this.server.isUp ? Promise.resolve() : Promise.reject(new Error("unreachable"));
  }

  send(message: ClientMessage): Promise<void> {
    // Over the wire and back, so that nothing is sent that JSON does not carry.
    this.sent.push(JSON.parse(JSON.stringify(message)) as ClientMessage);
    return Promise.resolve();
  }

  probe(): Promise<void> {
    return this.server.answersProbes ? Promise.resolve() : new Promise(() => {});
  }

  stop(): Promise<void> {
    this.stopped = true;
    return Promise.resolve();
  }

  /** The server says something. */
  say(...messages: unknown[]): void {
    this.heard = new Date();
    this.events.received(JSON.parse(JSON.stringify(messages)));
  }

  welcome(): void {
    this.say({ type: "welcome", protocol: 1, epoch: "e" });
  }

  step(...ops: Op[]): void {
    this.say({ type: "steps", steps: [ops], end: { offset: ++this.server.offset, tag: "t" } });
  }

  accept(id: number, shape: number, entity = "Card", key: readonly string[] = ["id"], more: object = {}): void {
    this.say({ type: "subscribed", id, shape, entity, key, fingerprint: "f", ...more });
  }

  get asked(): number[] {
    return this.sent.flatMap((message) => (message.type === "subscribe" ? message.subscriptions.map(({ id }) => id) : []));
  }
}

export class FakeServer {
  readonly links: FakeLink[] = [];
  isUp = true;
  answersProbes = true;
  offset = 0;

  readonly open: OpenLink = (events) => {
    const link = new FakeLink(events, this);
    this.links.push(link);
    return link;
  };

  get link(): FakeLink {
    return this.links.at(-1) as FakeLink;
  }

  hub(reconnectDelayMs: (attempt: number) => number = () => 1): Hub {
    return new Hub(this.open, { url: "http://server/live", reconnectDelayMs, serverTimeoutMs: 1000 });
  }
}

/** Lets everything that is due in this turn happen. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Waits for the next reconnect of a hub made by `FakeServer.hub`. */
export const reconnected = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** A hub that is connected. */
export async function connect(): Promise<{ server: FakeServer; hub: Hub }> {
  const server = new FakeServer();
  const hub = server.hub();
  await turn();
  server.link.welcome();
  return { server, hub };
}
