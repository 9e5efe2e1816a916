import type { Collection, CollectionState, CollectionStatus, Diff, Single, SingleState, Watched } from "./api.js";
import type { Arrangement } from "./arrangement.js";
import { Deferred } from "./deferred.js";
import { LiveHubError } from "./errors.js";
import type { Row } from "./keys.js";
import { Listeners } from "./listeners.js";
import type { Change, RowSet } from "./rowset.js";
import type { LooseKey } from "./schema.js";
import type { Subscription, Watcher } from "./subscription.js";

/** What a collection needs of the hub that it belongs to. */
export interface Owner {
  /** It was closed: it looks at its subscription no longer. */
  left(view: View, subscription: Subscription): void;
}

/** What collections and single rows have in common: status, listeners, the first time live, the end. */
export abstract class View<State = unknown> implements Watched<Row>, Watcher {
  readonly label: string | undefined;
  readonly #subscription: Subscription;
  readonly #owner: Owner;
  readonly #listeners = new Listeners();
  readonly #diffListeners = new Listeners<Diff<Row>>();
  /** Undefined once it is settled: to settle a promise again is slow. */
  #ready: Deferred | undefined = new Deferred();
  readonly ready: Promise<void> = (this.#ready as Deferred).promise;
  #last: RowSet | undefined;
  #state: State | undefined;
  /** The rows that it had when it was opened, until it has told its listeners of them. */
  #first: Diff<Row> | undefined;

  constructor(subscription: Subscription, owner: Owner, label: string | undefined) {
    this.#subscription = subscription;
    this.#owner = owner;
    this.label = label;
    subscription.watchers = [...subscription.watchers, this];
    this.#settle();
    const inserted = this.set.rows;
    if (inserted.length > 0) {
      this.#first = { inserted, updated: [], deleted: [] };
      queueMicrotask(() => this.#tellFirst());
    }
  }

  get status(): CollectionStatus {
    return this.#last ? "closed" : this.#subscription.status;
  }

  get error(): LiveHubError | undefined {
    return this.#last ? undefined : this.#subscription.error;
  }

  get staleSince(): Date | undefined {
    return this.#last ? undefined : this.#subscription.staleSince;
  }

  get state(): State {
    return (this.#state ??= this.look());
  }

  readonly subscribe: (listener: () => void) => () => void = (listener) => this.#listeners.add(listener);

  readonly onDiff: (listener: (diff: Diff<Row>) => void) => () => void = (listener) => this.#diffListeners.add(listener);

  readonly close: () => void = () => {
    if (this.#last) return;
    this.#last = this.set.frozen();
    this.#first = undefined;
    this.#owner.left(this, this.#subscription);
    this.absorb(undefined);
    this.#listeners.call();
    this.#listeners.clear();
    this.#diffListeners.clear();
  };

  absorb(change: Change | undefined): void {
    this.#state = undefined;
    if (change) this.changed(change);
    this.#settle();
  }

  announce(change: Change | undefined): void {
    if (this.#last) return;
    this.#tellFirst();
    if (change && this.#diffListeners.any) this.#diffListeners.call(change.diff);
    this.#listeners.call();
  }

  /** The rows that it shows. */
  protected get set(): RowSet {
    return this.#last ?? this.#subscription.rows;
  }

  /** What it shows now. */
  protected abstract look(): State;

  /** Its rows have changed. */
  protected changed(_change: Change): void {}

  #tellFirst(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first) this.#diffListeners.call(first);
  }

  /** Settles `ready`; only the first time counts. */
  #settle(): void {
    const { status } = this;
    if (!this.#ready || status === "loading" || status === "stale") return;
    if (status === "live") this.#ready.resolve();
    else this.#ready.reject(this.error ?? new LiveHubError("closed", "It was closed before."));
    this.#ready = undefined;
  }
}

/** Rows, in an arrangement. */
export class CollectionView extends View<CollectionState<Row>> implements Collection<Row> {
  readonly #arrangement: Arrangement;

  constructor(subscription: Subscription, owner: Owner, label: string | undefined, arrangement: Arrangement) {
    super(subscription, owner, label);
    this.#arrangement = arrangement;
  }

  get rows(): readonly Row[] {
    return this.#arrangement.rows(this.set);
  }

  readonly get: (key: LooseKey) => Row | undefined = (key) => this.set.find(key);

  protected override look(): CollectionState<Row> {
    return { rows: this.rows, status: this.status, error: this.error, staleSince: this.staleSince };
  }

  protected override changed(change: Change): void {
    this.#arrangement.absorb(change);
  }
}

/** The one row of a subscription by one key. */
export class SingleView extends View<SingleState<Row>> implements Single<Row> {
  get row(): Row | undefined {
    return this.set.rows[0];
  }

  protected override look(): SingleState<Row> {
    return { row: this.row, status: this.status, error: this.error, staleSince: this.staleSince };
  }
}
