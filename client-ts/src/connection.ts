import { reportUncaught } from "./errors.js";
import type { ClientMessage } from "./protocol.js";
import { clampMs } from "./timers.js";

/** One connection to the server, from its start to its end; SignalR's in production. */
export interface Link {
  /** When something came last, if only a sign that the server is there; at first, when it was opened. */
  heard: Date;
  /** Resolves when messages can be sent. */
  start(): Promise<void>;
  send(message: ClientMessage): Promise<void>;
  /** Resolves when the server has answered. */
  probe(): Promise<void>;
  stop(): Promise<void>;
}

export interface LinkEvents {
  /** The argument of one `Receive`. */
  received(payload: unknown): void;
  /** It has ended; `error` says why, where that was no one's wish. */
  closed(error?: Error): void;
}

export type OpenLink = (events: LinkEvents) => Link;

export interface ConnectionEvents {
  /** Resolves when the other side has shown that it is a LiveHub: a link that does not in time is given up. */
  up(send: (message: ClientMessage) => void): Promise<void>;
  /** Throws where the payload makes no sense: the link is given up. */
  received(payload: unknown): void;
  /** A link could not be started, or has ended: another is tried. The server was `heard` last at that time; `cause` says why it ended, unless that was somebody's wish. */
  down(heard: Date, cause: unknown): void;
}

export interface ConnectionOptions {
  readonly reconnectDelayMs: (attempt: number) => number;
  /** How long a start may take, and then the welcome. */
  readonly serverTimeoutMs: number;
}

/** How long the server may take to answer when the browser says that the network has come, gone or been suspended. */
const probeTimeoutMs = 5_000;

/** After a connection that lasted so long, and longer than the wait for it, the delays begin anew. */
const goodAfterMs = 1_000;

/** The default delays: growing, jittered, at most 30 s. */
export function defaultDelayMs(attempt: number): number {
  return Math.min(30_000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/** Keeps a connection to the server, from now on and for ever: a link after another, with growing delays between them. No event comes at once. */
export class Connection {
  readonly #openLink: OpenLink;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #link: Link | undefined;
  #isUp = false;
  /** How long to wait before the next attempt, where that is not for us to say. */
  #delayMs: number | undefined;
  /** Aborted when the connection is closed; the page's events go with it. */
  readonly #end = new AbortController();
  /** Ends what the loop waits for: a start, an end, a delay. */
  #wake: () => void = () => {};
  #stopped: Promise<void> = Promise.resolve();

  constructor(openLink: OpenLink, options: ConnectionOptions, events: ConnectionEvents) {
    this.#openLink = openLink;
    this.#options = options;
    this.#events = events;
    const { signal } = this.#end;
    for (const event of ["online", "offline", "visibilitychange"]) globalThis.addEventListener?.(event, this.#check, { signal });
    this.#run().catch(reportUncaught);
  }

  /** Gives up the link that is up and connects anew, after the usual delay or the one that was asked for. */
  restart(delayMs?: number): void {
    if (!this.#isUp) return;
    this.#delayMs = delayMs;
    this.#drop();
  }

  /** Ends the connection for good. Resolves when it has ended; a link that is not up is not waited for: it may be long about it. */
  close(): Promise<void> {
    this.#end.abort();
    this.#drop();
    this.#wake();
    return this.#stopped;
  }

  async #run(): Promise<void> {
    let delayMs = 0;
    for (let attempt = 0; !this.#end.signal.aborted; attempt++) {
      if (await this.#connectOnce() > Math.max(delayMs, goodAfterMs) || this.#delayMs !== undefined) attempt = 0;
      try {
        delayMs = this.#delayMs ?? this.#options.reconnectDelayMs(attempt);
      } catch (error) {
        reportUncaught(error);
        delayMs = defaultDelayMs(attempt);
      }
      this.#delayMs = undefined;
      if (!this.#end.signal.aborted) await inTime(this.#woken(), delayMs).catch(() => {});
    }
  }

  /** Connects and stays until the link has ended; returns how long it was good. */
  async #connectOnce(): Promise<number> {
    const fail = (cause?: unknown): void => {
      if (this.#link === link) this.#drop(cause);
    };
    const link = (this.#link = this.#openLink({
      received: (payload) => {
        try {
          if (this.#link === link) this.#events.received(payload);
        } catch (error) {
          fail(error);
        }
      },
      closed: fail,
    }));
    const ended = this.#woken();
    const soon = (promise: Promise<void>): Promise<unknown> =>
      inTime(Promise.race([promise, ended]), this.#options.serverTimeoutMs).catch((cause) => fail(cause || "No reason given."));
    await soon(link.start());
    if (this.#link !== link) return 0;
    this.#isUp = true;
    await soon(this.#events.up((message) => {
      if (this.#link === link) link.send(message).catch(fail);
    }));
    const since = Date.now();
    await ended;
    return Date.now() - since;
  }

  /** Lets go of the link; what it still does is nobody's business. */
  #drop(cause?: unknown): void {
    const link = this.#link;
    if (!link) return;
    this.#link = undefined;
    const stopped = link.stop().catch(() => {});
    if (this.#isUp) this.#stopped = stopped;
    this.#isUp = false;
    this.#events.down(link.heard, cause);
    this.#wake();
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /**
   * The browser says that the network came or went, or that the page is looked at again. Between attempts: try at once. With a link: it may be
   * dead without either side knowing, or go on working (Chromium keeps WebSockets through "offline"), so the server is asked.
   */
  readonly #check = ({ type }: Event): void => {
    const link = this.#link;
    if (type === "visibilitychange" && globalThis.document.hidden) return;
    if (!link) return this.#wake();
    if (!this.#isUp) return;
    void inTime(link.probe(), probeTimeoutMs).catch(() => this.#link === link && this.#drop());
  };
}

/** The promise, rejected where it takes too long. */
function inTime(promise: Promise<unknown>, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, clampMs(timeoutMs), "No LiveHub answers there.");
    promise.then(resolve, reject).then(() => clearTimeout(timer));
  });
}
