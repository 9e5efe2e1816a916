import type { HubConnectionBuilder, IHttpConnectionOptions } from "@microsoft/signalr";
import type { AllOptions, HubStatus, KeyOptions, LiveHub, LooseLiveHub } from "./api.js";
import { asTheyCame, AsAsked, Sorted, type Arrangement } from "./arrangement.js";
import { CollectionView, SingleView, type Owner, type View } from "./collection.js";
import { Connection, defaultDelayMs, type ConnectionOptions, type OpenLink } from "./connection.js";
import { LiveHubError } from "./errors.js";
import { Listeners } from "./listeners.js";
import type { OrderTerms } from "./order.js";
import { clientName } from "./protocol.js";
import type { LooseKey, LooseRow, SchemaShape } from "./schema.js";
import { signalRLinks } from "./signalr.js";
import type { Subscription } from "./subscription.js";
import { Subscriptions } from "./subscriptions.js";
import { toTarget, type Request } from "./target.js";
import { clampMs } from "./timers.js";
import { absoluteUrl } from "./url.js";

/** How a hub connects. Everything has a default. */
export interface LiveHubOptions {
  /** Gives the access token for each connection attempt, as SignalR's own option of that name. */
  readonly accessTokenFactory?: NonNullable<IHttpConnectionOptions["accessTokenFactory"]>;
  /**
   * Changes the `HubConnectionBuilder` of each connection attempt: transports, headers, logging, `withUrl` again. It has our URL already. Do
   * not call `withAutomaticReconnect`: LiveHub reconnects itself, also when the first connection fails. A promise that it returns is awaited
   * before the hub connects, any other result is ignored. What it throws, or the promise rejects with, is a failed attempt.
   */
  readonly configure?: (builder: HubConnectionBuilder) => unknown;
  /**
   * Milliseconds to wait before attempt number `attempt`, counted from 0 for the first one after a connection has ended or failed.
   * Default: random between half of and all of 250 · 2^attempt, at most 30,000; also where this throws, which is reported as uncaught. The
   * browser's `online` event ends the wait. More than 2^31 - 1 (24 days) counts as that.
   */
  readonly reconnectDelayMs?: (attempt: number) => number;
  /**
   * Milliseconds without a sign of the server after which a connection is given up; also how long it may take to connect, and then to
   * say that it is a LiveHub. Default 30,000: twice the server's keep-alive. More than 2^31 - 1 (`Infinity`) counts as that.
   */
  readonly serverTimeoutMs?: number;
  /**
   * Milliseconds for which a change of a row that is not here waits for the row: where several processes write, it may have been published later than the change. Where it has not
   * come by then, it was lost with the process that wrote it, and the collection is asked for again. Default 10,000. More than 2^31 - 1 counts as that.
   */
  readonly lateChangeMs?: number;
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
  const { accessTokenFactory, configure, reconnectDelayMs = defaultDelayMs, serverTimeoutMs = 30_000, lateChangeMs, ...others } = options;
  refuse(others);
  const absolute = absoluteUrl(url);
  return new Hub(signalRLinks(absolute, clampMs(serverTimeoutMs), accessTokenFactory, configure), { url: absolute, reconnectDelayMs, serverTimeoutMs, lateChangeMs });
}

/** Refuses options that there are not; `others` are those that nobody has taken. To drop one would show more than was asked for. */
function refuse(others: object): void {
  for (const name in others) throw new LiveHubError("not_supported", `LiveHub: option '${name}' is unknown.`);
}

type Options = KeyOptions<string> & AllOptions<LooseRow, string>;

/** The hub behind the typed surfaces. */
export class Hub implements Owner {
  readonly #subscriptions: Subscriptions;
  readonly #connection: Connection;
  readonly #listeners = new Listeners();
  readonly #views = new Set<View>();
  readonly #labels = new Map<string | undefined, View>();
  readonly #warned = new Set<string>();
  #status: HubStatus = "connecting";
  #error: LiveHubError | undefined;

  constructor(openLink: OpenLink, options: ConnectionOptions & { readonly url: string; readonly lateChangeMs?: number | undefined }) {
    const subscriptions = (this.#subscriptions = new Subscriptions({
      welcomed: () => this.#become("connected"),
      incompatible: () => {
        const error = new LiveHubError("protocol", `The server does not speak the protocol of ${clientName}: update one of the two.`);
        subscriptions.fail(error);
        this.#become("closed", error);
        void this.#connection.close();
      },
      leaving: (delayMs) => this.#connection.restart(delayMs),
    }, options.lateChangeMs));
    this.#connection = new Connection(openLink, options, {
      up: (send) => subscriptions.connected(send),
      received: (payload) => subscriptions.receive(payload),
      down: (heard, cause) => {
        let error = this.#error;
        if (cause) {
          const message = `LiveHub: no connection to ${options.url}: ${String(cause)} Check the URL, accessTokenFactory and configure.`;
          error = new LiveHubError("connection_failed", message, { cause });
          // Nothing else shows a wrong URL, or a `configure` that throws; but once is enough.
          if (!this.#warned.has(message)) console.warn(message);
          this.#warned.add(message);
        }
        this.#become(this.#status === "connected" ? "reconnecting" : this.#status, error);
        subscriptions.lost(heard);
      },
    });
  }

  get status(): HubStatus {
    return this.#status;
  }

  get error(): LiveHubError | undefined {
    return this.#error;
  }

  readonly subscribe: (listener: () => void) => () => void = (listener) => this.#listeners.add(listener);

  readonly one: (entity: string, key: LooseKey, options?: Options) => SingleView = (entity, key, options) =>
    this.#open(SingleView, { entity, keys: [key] }, options);

  readonly many: (entity: string, keys: readonly LooseKey[], options?: Options) => CollectionView = (entity, keys, options) =>
    this.#open(CollectionView, { entity, keys }, options, new AsAsked([...keys]));

  readonly all: (entity: string, options?: Options) => CollectionView = (entity, { where, orderBy, ...options } = {}) =>
    this.#open(CollectionView, { entity, where }, options, orderBy && new Sorted(orderBy as OrderTerms));

  readonly watching: (label: string) => boolean = (label) => {
    return (this.#labels.get(label)?.status ?? "failed") !== "failed";
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
    if (this.#labels.get(view.label) === view) this.#labels.delete(view.label);
    this.#subscriptions.leave(subscription, view);
  }

  #open<V extends View>(
    Kind: new (subscription: Subscription, owner: Owner, label: string | undefined, arrangement: Arrangement) => V,
    request: Request, { columns, label, ...others }: KeyOptions<string> = {}, arrangement: Arrangement = asTheyCame,
  ): V {
    refuse(others);
    const view = new Kind(this.#subscriptions.open(toTarget({ ...request, columns })), this, label, arrangement);
    this.#views.add(view);
    if (label !== undefined) {
      const former = this.#labels.get(label);
      this.#labels.set(label, view);
      former?.close();
    }
    if (this.#status === "closed" && view.status !== "failed") view.close();
    return view;
  }

  #become(status: HubStatus, error?: LiveHubError): void {
    if (this.#status === "closed" || (this.#status === status && this.#error?.message === error?.message)) return;
    this.#status = status;
    this.#error = error;
    this.#listeners.call();
  }
}
