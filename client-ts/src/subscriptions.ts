import { append } from "./append.js";
import { maxAskBytes, toMessages } from "./chunks.js";
import { LiveHubError } from "./errors.js";
import { canonicalKey, type Key } from "./keys.js";
import { Merge } from "./merge.js";
import {
  hello, protocolVersions, seen, subscribe, unsubscribe,
  type Ask, type ClientMessage, type End, type Fault, type Op, type Position, type ServerMessage, type Subscribed, type Target, type Welcome,
} from "./protocol.js";
import type { Change } from "./rowset.js";
import { StepAssembler } from "./steps.js";
import { Subscription, type Watcher } from "./subscription.js";
import { canonical } from "./target.js";
import { clampMs } from "./timers.js";
import { Transactions } from "./transactions.js";

/** What the conversation with the server means for the connection. */
export interface ConversationEvents {
  /** The server speaks our protocol. */
  welcomed(): void;
  /** It does not: nothing more can come of this hub. */
  incompatible(): void;
  /** It goes away, and names the time after which everything is to be asked again on a new connection. */
  leaving(delayMs: number): void;
}

interface News {
  readonly subscription: Subscription;
  readonly change?: Change | undefined;
}

/** The hub's subscriptions, and the conversation with the server about them. */
export class Subscriptions {
  readonly #events: ConversationEvents;
  readonly #byId = new Map<number, Subscription>();
  readonly #byTarget = new Map<string, Subscription>();
  readonly #merge: Merge;
  readonly #transactions = new Transactions();

  /** Those to look at in the next flush: opened, left by their last watcher, or due again. */
  #pending = new Set<Subscription>();
  #lastId = 0;
  #send: ((message: ClientMessage) => void) | undefined;
  #welcomed: () => void = () => {};
  #steps = new StepAssembler();
  #epoch = "";
  /** What everything that is live is true as of; undefined while a step is merged, and where nothing is known. */
  #position: Position | undefined;
  /** Accepted with the rows that they have: live with the next step. */
  #resumed: Subscription[] = [];
  #end: LiveHubError | undefined;

  /** `lateChangeMs`: how long a change may wait for the row that it is of. */
  constructor(events: ConversationEvents, lateChangeMs = 10_000) {
    this.#events = events;
    this.#merge = new Merge(({ id }, isMissing) => {
      const wait = (): unknown => setTimeout(() => isMissing() && !this.#askAnew(this.#byId.get(id)) && wait(), clampMs(lateChangeMs));
      wait();
    });
  }

  /** The subscription to a target; the same one for targets that mean the same. What is opened in one turn is asked for in one message. */
  open(target: Target): Subscription {
    const name = canonical(target);
    const open = this.#byTarget.get(name);
    if (open) return open;
    const subscription = new Subscription(++this.#lastId, target);
    if (this.#end) {
      subscription.handle("refused", this.#end);
      return subscription;
    }
    this.#byTarget.set(name, subscription);
    this.#byId.set(subscription.id, subscription);
    if (!subscription.onWire) {
      subscription.handle("asked");
      subscription.handle("snapshot");
    }
    this.#flushSoon(subscription);
    return subscription;
  }

  /** A collection looks no longer. The last one ends the subscription, unless another comes in the same turn. */
  leave(subscription: Subscription, watcher: Watcher): void {
    subscription.watchers = subscription.watchers.filter((other) => other !== watcher);
    if (subscription.watchers.length === 0) this.#flushSoon(subscription);
  }

  /** A connection is there: says hello and asks for everything that is open. Resolves when it is welcome. */
  connected(send: (message: ClientMessage) => void): Promise<void> {
    this.#send = send;
    send(hello(this.#position));
    this.#pending = new Set(this.#byId.values());
    this.#flush();
    for (const token of this.#transactions.tokens) send(seen(token));
    return new Promise((resolve) => (this.#welcomed = resolve));
  }

  /** The connection has ended, and nothing was heard since then: what is shown is stale. */
  lost(since: Date): void {
    this.#send = undefined;
    this.#steps = new StepAssembler();
    this.#resumed = [];
    if (this.#position) this.#merge.lost();
    else this.#reset();
    this.#transactions.lost();
    const news: News[] = [];
    for (const subscription of this.#byId.values()) {
      if (subscription.phase === "live") subscription.asOf = this.#position;
      if (subscription.onWire && subscription.handle("lost", undefined, since)) news.push({ subscription });
    }
    publish(news);
  }

  /** Resolves when every collection shows what a request has committed. */
  seen(token: string | null | undefined): Promise<void> {
    return token ? this.#transactions.wait(token, () => this.#send?.(seen(token))) : Promise.resolve();
  }

  /** The hub is closed: nobody sees anything any more. */
  close(): void {
    this.#transactions.fail(new LiveHubError("closed", "The hub is closed."));
  }

  /** Everything fails, now and from now on. */
  fail(error: LiveHubError): void {
    this.#end = error;
    this.#transactions.fail(error);
    this.#send = undefined;
    publish([...this.#byId.values()].map((subscription) => this.#refuse(subscription, error)));
  }

  /** Takes in what came in one `Receive`. Throws where that makes no sense: everything is to be asked again on a new connection. */
  receive(payload: unknown): void {
    for (const message of payload as readonly ServerMessage[]) this.#handle(message);
    this.#transactions.settle(this.#isStale);
  }

  #handle(message: ServerMessage): void {
    if (!this.#send) return;
    switch (message.type) {
      case "steps":
        return this.#applyAll(message.steps, message.end);
      case "part": {
        const step = this.#steps.add(message);
        return step && this.#applyAll([step], message.end as End);
      }
      case "subscribed":
        return this.#accept(message);
      case "error":
        return this.#fault(message);
      case "welcome":
        return this.#welcome(message);
      case "seen":
        return this.#transactions.sent(message.transaction);
      case "going-away":
        return this.#events.leaving(message.retryMs);
    }
  }

  /** A collection that shows rows of before may lack what was sent on this connection. */
  readonly #isStale = (): boolean => [...this.#byId.values()].some(({ status }) => status === "stale");

  #welcome({ protocol, epoch }: Welcome): void {
    this.#welcomed();
    if (this.#position?.epoch !== epoch) this.#reset();
    this.#epoch = epoch;
    if (protocol < protocolVersions.min || protocol > protocolVersions.max) this.#events.incompatible();
    else this.#events.welcomed();
  }

  /** Nothing that is known of before holds any more. */
  #reset(): void {
    this.#position = undefined;
    this.#merge.reset(this.#byId.values());
  }

  #accept({ id, shape, entity, key, keys, fingerprint, resumed }: Subscribed): void {
    const subscription = this.#byId.get(id);
    if (!subscription) return;
    subscription.fingerprint = fingerprint;
    if (resumed) this.#resumed.push(subscription);
    else this.#detach(subscription);
    const { rows, target: { columns } } = subscription;
    const storeName = JSON.stringify([entity, columns ? [...new Set([...columns, ...key])].sort() : null]);
    this.#merge.attach(rows, shape, storeName, key);
    rows.shownKeys = keys && new Map(keys.map((pair) => pair.map(canonicalKey) as [asked: Key, shown: Key]));
  }

  #applyAll(steps: readonly (readonly Op[])[], end: End): void {
    // Where one makes no sense, nobody knows what is shown.
    this.#position = undefined;
    steps.forEach((step) => this.#apply(step));
    this.#position = { epoch: this.#epoch, ...end };
  }

  #apply(step: readonly Op[]): void {
    const merged = this.#merge.apply(step);
    let news: News[] = [];
    for (const { set, change } of merged) {
      const subscription = this.#byId.get(set.id);
      // A step that concerns what is not live yet brings its snapshot.
      if (subscription && (subscription.handle("snapshot") || change)) news = append(news, { subscription, change });
    }
    for (const subscription of this.#resumed) if (subscription.handle("snapshot")) news = append(news, { subscription });
    this.#resumed = [];
    publish(news);
  }

  #fault({ id, code, message, retryMs, transaction }: Fault): void {
    const error = new LiveHubError(code, message);
    if (id === undefined) {
      if (transaction !== undefined) this.#transactions.refuse(transaction, error);
      else if (code === "protocol") this.#events.incompatible();
      else console.warn(`LiveHub: ${code}: ${message}`);
      return;
    }
    const subscription = this.#byId.get(id);
    if (!subscription) return;
    if (retryMs === undefined) return publish([this.#refuse(subscription, error)]);
    this.#detach(subscription);
    // Changes nothing where it no longer waits: it is closed, or has been asked for on another connection.
    setTimeout(() => {
      subscription.handle("due");
      this.#flushSoon(subscription);
    }, clampMs(retryMs * (1 + Math.random() / 2)));
    if (subscription.handle("fault", error)) publish([{ subscription }]);
  }

  /** Ends a subscription for good. Its rows go: nothing says that the reader may still see them. */
  #refuse(subscription: Subscription, error: LiveHubError): News {
    this.#forget(subscription);
    subscription.handle("refused", error);
    return { subscription, change: subscription.rows.clear() };
  }

  /**
   * Something of it was lost on the way to the server's log: a change is here, and its row, which was written first, has not come in the time that it may
   * take (rule 21). Only what is live can be asked for anew: an answer on its way would be taken for another's.
   */
  #askAnew(subscription: Subscription | undefined): boolean {
    if (subscription?.phase !== "live") return false;
    this.#send?.(unsubscribe([subscription.id]));
    this.#detach(subscription);
    if (subscription.handle("fault")) publish([{ subscription }]);
    subscription.handle("due");
    this.#flushSoon(subscription);
    return true;
  }

  /** Its rows stay, but are as of nothing any more. */
  #detach(subscription: Subscription): void {
    this.#merge.detach(subscription.rows);
    subscription.asOf = undefined;
  }

  #forget(subscription: Subscription): void {
    this.#detach(subscription);
    this.#pending.delete(subscription);
    this.#byId.delete(subscription.id);
    this.#byTarget.delete(canonical(subscription.target));
  }

  #flushSoon(subscription: Subscription): void {
    if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
    this.#pending.add(subscription);
  }

  /** Tells the server what has been opened and closed. While there is no connection, what is closed is forgotten. */
  #flush(): void {
    const pending = this.#pending;
    this.#pending = new Set();
    const closed: number[] = [];
    const opened: Subscription[] = [];
    for (const subscription of pending) {
      if (!this.#byId.has(subscription.id)) continue;
      if (subscription.watchers.length === 0) {
        if (subscription.onWire && subscription.phase !== "idle") closed.push(subscription.id);
        this.#forget(subscription);
        subscription.handle("closed");
      } else if (subscription.phase === "idle") {
        opened.push(subscription);
      }
    }
    this.#transactions.settle(this.#isStale);
    const send = this.#send;
    if (!send) return;
    while (closed.length > 0) send(unsubscribe(closed.splice(0, 1000)));
    this.#ask(opened, send);
  }

  #ask(opened: readonly Subscription[], send: (message: ClientMessage) => void): void {
    const refused: News[] = [];
    const refuse = ({ id, entity }: Ask): void => {
      const error = new LiveHubError("too_large", `A subscription to ${entity} is too large: split its keys or lists.`);
      refused.push(this.#refuse(this.#byId.get(id) as Subscription, error));
    };
    const asks = (resumes: boolean, maxBytes?: number): readonly (readonly Ask[])[] => toMessages(
      opened.filter(({ asOf, phase }) => !!asOf === resumes && phase === "idle").map(({ id, target, asOf, fingerprint }) => ({ id, ...target, fingerprint: asOf && fingerprint })),
      refuse, maxBytes);
    for (const subscription of opened) if (subscription.asOf !== this.#position) this.#detach(subscription);
    // What goes on from where it was does so in one step. What does not fit into its message begins anew.
    const resumed = asks(true, maxAskBytes);
    for (const { id } of resumed.slice(1).flat()) this.#detach(this.#byId.get(id) as Subscription);
    for (const message of resumed.slice(0, 1).concat(asks(false))) {
      for (const { id } of message) this.#byId.get(id)?.handle("asked");
      send(subscribe(message));
    }
    publish(refused);
  }
}

/** All collections take the news in before any listener runs. */
function publish(news: readonly News[]): void {
  const audience = news.map(({ subscription: { watchers }, change }) => {
    for (const watcher of watchers) watcher.absorb(change);
    return watchers;
  });
  audience.forEach((watchers, i) => watchers.forEach((watcher) => watcher.announce(news[i]?.change)));
}
