import type { HubConnectionBuilder, IHttpConnectionOptions } from "@microsoft/signalr";
import type { AllOptions, HubStatus, KeyOptions, LiveHub, LooseLiveHub } from "./api.js";
import { asTheyCame, AsAsked, Sorted } from "./arrangement.js";
import { CollectionView, SingleView, type Owner, type View } from "./collection.js";
import { Connection, defaultDelayMs, type OpenLink } from "./connection.js";
import { LiveHubError } from "./errors.js";
import { Listeners } from "./listeners.js";
import type { OrderTerms } from "./order.js";
import { clientName, protocolVersions } from "./protocol.js";
import type { LooseKey, LooseRow, SchemaShape } from "./schema.js";
import { signalRLinks } from "./signalr.js";
import type { Subscription } from "./subscription.js";
import { Subscriptions } from "./subscriptions.js";
import { toTarget, type Request } from "./target.js";
import { absoluteUrl } from "./url.js";

/** How a hub connects. Everything has a default. */
export interface LiveHubOptions {
  /** Gives the access token for each connection attempt, as SignalR's own option of that name. */
  readonly accessTokenFactory?: NonNullable<IHttpConnectionOptions["accessTokenFactory"]>;
  /**
   * Changes the `HubConnectionBuilder` of each connection attempt: transports, headers, logging, `withUrl` again. It has our URL already. Do
   * not call `withAutomaticReconnect`: LiveHub reconnects itself, also when the first connection fails.
   */
  readonly configure?: (builder: HubConnectionBuilder) => void;
  /**
   * Milliseconds to wait before attempt number `attempt`, counted from 0 for the first one after a connection has ended or failed.
   * Default: random between half of and all of 250 · 2^attempt, at most 30,000. The browser's `online` event ends the wait.
   */
  readonly reconnectDelayMs?: (attempt: number) => number;
  /** Milliseconds without a sign of the server after which a connection is given up. Default 30,000: twice the server's keep-alive. */
  readonly serverTimeoutMs?: number;
}

/**
 * Connects to a LiveHub server. `url` is where `MapLiveHub` put the hub; a relative one is resolved against the page. An unreachable server
 * is tried for ever. Throws TypeError for a relative URL where there is no page (Node).
 *
 * With a schema (`createLiveHub<BoardSchema>("/live")`) names and values are checked by the compiler; without one, rows are typed at the call.
 */
export function createLiveHub(url: string, options?: LiveHubOptions): LooseLiveHub;
export function createLiveHub<S extends SchemaShape<S>>(url: string, options?: LiveHubOptions): LiveHub<S>;
export function createLiveHub(url: string, options: LiveHubOptions = {}): unknown {
  const { accessTokenFactory, configure, reconnectDelayMs = defaultDelayMs, serverTimeoutMs = 30_000 } = options;
  const links = signalRLinks(absoluteUrl(url), { accessTokenFactory, configure, serverTimeoutMs });
  return new Hub(links, { reconnectDelayMs, startTimeoutMs: serverTimeoutMs });
}

type Options = KeyOptions<string> & AllOptions<LooseRow, string>;

/** The hub behind the typed surfaces. */
export class Hub implements Owner {
  readonly #subscriptions: Subscriptions;
  readonly #connection: Connection;
  readonly #listeners = new Listeners();
  readonly #views = new Set<View>();
  readonly #labels = new Map<string, View>();
  #status: HubStatus = "connecting";

  constructor(openLink: OpenLink, options: ConstructorParameters<typeof Connection>[1]) {
    const subscriptions = (this.#subscriptions = new Subscriptions({
      welcomed: () => this.#become("connected"),
      incompatible: () => this.#giveUp(),
      restart: (delayMs) => this.#connection.restart(delayMs),
    }));
    this.#connection = new Connection(openLink, options, {
      up: (send) => subscriptions.connected(send),
      received: (payload) => subscriptions.receive(payload),
      down: () => {
        if (this.#status === "connected") this.#become("reconnecting");
        subscriptions.lost();
      },
    });
    this.#connection.open();
  }

  get status(): HubStatus {
    return this.#status;
  }

  readonly subscribe: (listener: () => void) => () => void = (listener) => this.#listeners.add(listener);

  readonly one: (entity: string, key: LooseKey, options?: Options) => SingleView = (entity, key, { columns, label } = {}) =>
    this.#open({ entity, keys: [key], columns }, label, (subscription) => new SingleView(subscription, this, label));

  readonly many: (entity: string, keys: readonly LooseKey[], options?: Options) => CollectionView = (
    entity, keys, { columns, label } = {},
  ) =>
    this.#open({ entity, keys, columns }, label, (subscription) =>
      new CollectionView(subscription, this, label, new AsAsked([...keys])));

  readonly all: (entity: string, options?: Options) => CollectionView = (entity, { where, columns, orderBy, label } = {}) =>
    this.#open({ entity, where, columns }, label, (subscription) =>
      new CollectionView(subscription, this, label, orderBy ? new Sorted(orderBy as OrderTerms) : asTheyCame));

  readonly watching: (label: string) => boolean = (label) => {
    const status = this.#labels.get(label)?.status;
    return status !== undefined && status !== "failed";
  };

  readonly seen: (transaction: string | null | undefined) => Promise<void> = (transaction) => this.#subscriptions.seen(transaction);

  readonly closeAll: () => void = () => {
    for (const view of [...this.#views]) view.close();
  };

  readonly close: () => Promise<void> = () => {
    this.closeAll();
    this.#subscriptions.close();
    this.#become("closed");
    return this.#connection.close();
  };

  left(view: View, subscription: Subscription): void {
    this.#views.delete(view);
    if (view.label !== undefined && this.#labels.get(view.label) === view) this.#labels.delete(view.label);
    this.#subscriptions.leave(subscription, view);
  }

  #open<V extends View>(request: Request, label: string | undefined, make: (subscription: Subscription) => V): V {
    const view = make(this.#subscriptions.open(toTarget(request)));
    this.#views.add(view);
    if (label !== undefined) {
      const former = this.#labels.get(label);
      this.#labels.set(label, view);
      former?.close();
    }
    if (this.#status === "closed" && view.status !== "failed") view.close();
    return view;
  }

  #giveUp(): void {
    const { min, max } = protocolVersions;
    const message = `The server does not speak protocol ${min} to ${max} of ${clientName}: update one of the two.`;
    this.#subscriptions.fail(new LiveHubError("protocol", message));
    this.#become("closed");
    void this.#connection.close();
  }

  #become(status: HubStatus): void {
    if (this.#status === status || this.#status === "closed") return;
    this.#status = status;
    this.#listeners.call();
  }
}
