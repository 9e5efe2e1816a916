import type { Collection, CollectionState, CollectionStatus, Diff, Single, SingleState, Watched } from "./api.js";
import type { Arrangement } from "./arrangement.js";
import { LiveHubError } from "./errors.js";
import { canonicalUserKey, type Row } from "./keys.js";
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
export abstract class View implements Watched<Row>, Watcher {
  readonly label: string | undefined;
  readonly #subscription: Subscription;
  readonly #owner: Owner;
  readonly #listeners = new Listeners<[]>();
  readonly #diffListeners = new Listeners<[Diff<Row>]>();
  #last: RowSet | undefined;
  #isSettled = false;
  #resolve: () => void = () => {};
  #reject: (error: LiveHubError | undefined) => void = () => {};
  /** First diffs that are still to be told to listeners of a collection that had rows when it was opened. */
  #firstDiffs: (() => void)[] | undefined;

  readonly ready: Promise<void> = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(subscription: Subscription, owner: Owner, label: string | undefined) {
    this.ready.catch(() => {});
    this.#subscription = subscription;
    this.#owner = owner;
    this.label = label;
    subscription.watchers.add(this);
    this.#settle();
    if (this.set.members.size > 0) {
      this.#firstDiffs = [];
      queueMicrotask(() => this.#tellFirstDiffs());
    }
  }

  get status(): CollectionStatus {
    return this.#last ? "closed" : this.#subscription.status;
  }

  get error(): LiveHubError | undefined {
    return this.#last ? undefined : this.#subscription.error;
  }

  readonly subscribe: (listener: () => void) => () => void = (listener) => this.#listeners.add(listener);

  readonly onDiff: (listener: (diff: Diff<Row>) => void) => () => void = (listener) => {
    const remove = this.#diffListeners.add(listener);
    if (!this.#firstDiffs) return remove;
    const first = new Listeners<[Diff<Row>]>();
    const removeFirst = first.add(listener);
    const diff: Diff<Row> = { inserted: this.set.rows, updated: [], deleted: [] };
    this.#firstDiffs.push(() => first.call(diff));
    return () => {
      remove();
      removeFirst();
    };
  };

  readonly close: () => void = () => {
    if (this.#last) return;
    this.#last = this.set.frozen();
    this.#firstDiffs = undefined;
    this.#owner.left(this, this.#subscription);
    this.changed(undefined);
    this.#settle();
    this.#listeners.call();
    this.#listeners.clear();
    this.#diffListeners.clear();
  };

  absorb(change: Change | undefined): void {
    this.changed(change);
    this.#settle();
  }

  announce(change: Change | undefined): void {
    if (this.#last) return;
    this.#tellFirstDiffs();
    if (change && this.#diffListeners.any) this.#diffListeners.call(change.diff);
    this.#listeners.call();
  }

  /** The rows that it shows. */
  protected get set(): RowSet {
    return this.#last ?? this.#subscription.rows;
  }

  /** Something that `state` shows has changed. */
  protected abstract changed(change: Change | undefined): void;

  #tellFirstDiffs(): void {
    const tell = this.#firstDiffs;
    this.#firstDiffs = undefined;
    tell?.forEach((first) => first());
  }

  /** Settles `ready`; only the first time counts. */
  #settle(): void {
    if (this.#isSettled) return;
    const { status } = this;
    this.#isSettled = status !== "loading" && status !== "stale";
    if (status === "live") this.#resolve();
    else if (status === "failed") this.#reject(this.error);
    else if (status === "closed") this.#reject(new LiveHubError("closed", "The collection was closed before it was live."));
  }
}

/** Rows, in an arrangement. */
export class CollectionView extends View implements Collection<Row> {
  readonly #arrangement: Arrangement;
  #state: CollectionState<Row> | undefined;

  constructor(subscription: Subscription, owner: Owner, label: string | undefined, arrangement: Arrangement) {
    super(subscription, owner, label);
    this.#arrangement = arrangement;
  }

  get rows(): readonly Row[] {
    return this.#arrangement.rows(this.set);
  }

  get state(): CollectionState<Row> {
    return (this.#state ??= { rows: this.rows, status: this.status, error: this.error });
  }

  readonly get: (key: LooseKey) => Row | undefined = (key) => this.set.members.get(canonicalUserKey(key, this.set.keyColumns));

  protected override changed(change: Change | undefined): void {
    this.#state = undefined;
    if (change) this.#arrangement.absorb(change);
  }
}

/** The one row of a subscription by one key. */
export class SingleView extends View implements Single<Row> {
  #state: SingleState<Row> | undefined;

  get row(): Row | undefined {
    return this.set.rows[0];
  }

  get state(): SingleState<Row> {
    return (this.#state ??= { row: this.row, status: this.status, error: this.error });
  }

  protected override changed(): void {
    this.#state = undefined;
  }
}
