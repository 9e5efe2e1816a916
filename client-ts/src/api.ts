import type { LiveHubError } from "./errors.js";
import type {
  ColumnOf, EntityName, KeyOf, LooseKey, LooseRow, Narrow, OrderBy, RowOf, SchemaShape, Where,
} from "./schema.js";

/**
 * Where the connection is. `connecting`: not connected yet, trying; `reconnecting`: it was connected and is trying again;
 * `closed`: `close()` was called, or server and client have no protocol version in common. Only `closed` is final.
 */
export type HubStatus = "connecting" | "connected" | "reconnecting" | "closed";

/**
 * Where a collection is. `loading`: no rows yet; `live`: equal to the database; `stale`: shows the rows it had while
 * the connection is away or the server reads again; `failed`: refused for good, see `error`, no rows; `closed`: you closed it
 * (or opened another under its label), its last rows stay. `failed` and `closed` are final; an unreachable server is never `failed`.
 */
export type CollectionStatus = "loading" | "live" | "stale" | "failed" | "closed";

/** A row that was updated, as it is now, and the names of the columns that changed. */
export interface UpdatedRow<Row> {
  readonly row: Row;
  readonly columns: readonly (keyof Row & string)[];
}

/** What one transaction (or one snapshot) changed. Applied one after the other from nothing, diffs give `rows`. */
export interface Diff<Row> {
  readonly inserted: readonly Row[];
  readonly updated: readonly UpdatedRow<Row>[];
  /** The rows as they were last. */
  readonly deleted: readonly Row[];
}

/** What collections and single rows have in common. Every method is bound: it may be passed around on its own. */
export interface Watched<Row> {
  readonly status: CollectionStatus;
  /** Why it failed, or, while `loading` or `stale`, the passing fault after which the client asks again. */
  readonly error: LiveHubError | undefined;
  /**
   * Since when its rows may be out of date: while it is `stale`, else undefined. Where the connection is away, that is when the server was heard last: at least every 15 s while all
   * is well, up to `serverTimeoutMs` before the loss is noticed. Where the server could not read rows again, it is when it said so.
   */
  readonly staleSince: Date | undefined;
  /** The label it was opened under. */
  readonly label: string | undefined;
  /** Resolves when it is live for the first time; rejects with a `LiveHubError` when it fails or is closed before. Never an unhandled rejection. */
  readonly ready: Promise<void>;
  /**
   * Calls `listener` after every change of rows, status or error, not at once; all collections of the hub are up to date by then.
   * Fits `useSyncExternalStore(c.subscribe, () => c.state)`. Returns the function that ends it.
   */
  readonly subscribe: (listener: () => void) => () => void;
  /**
   * Calls `listener` once a transaction with what it changed here. A listener that is added right after opening, before anything is awaited,
   * hears of every row from the first; one that is added later hears of what comes then. Returns the function that ends it.
   */
  readonly onDiff: (listener: (diff: Diff<Row>) => void) => () => void;
  /** Stops following the database. Twice is harmless. */
  readonly close: () => void;
}

/** A collection's rows, status and error at one moment. */
export interface CollectionState<Row> {
  readonly rows: readonly Row[];
  readonly status: CollectionStatus;
  readonly error: LiveHubError | undefined;
  readonly staleSince: Date | undefined;
}

/** Rows that stay equal to a query. */
export interface Collection<Row, Key = LooseKey> extends Watched<Row> {
  /** The rows, in the order asked for (`many`), sorted (`orderBy`), else as they came. The same array until a row changes. */
  readonly rows: readonly Row[];
  /** The same object until rows, status or error change. */
  readonly state: CollectionState<Row>;
  /**
   * The row with that key, if it is here; a composite key is an object by column name. It is found by the key as rows show it (a Guid in lower case, a time
   * with six digits of a second: the server's spelling, so a row's own value always fits), and in `many` also as it was asked for. (Declared as a method, so that a `Collection<Card, number>` fits
   * where a `Collection<Card>` is wanted; bound all the same.)
   */
  get(key: Key): Row | undefined;
}

/** A single row's value, status and error at one moment. */
export interface SingleState<Row> {
  readonly row: Row | undefined;
  readonly status: CollectionStatus;
  readonly error: LiveHubError | undefined;
  readonly staleSince: Date | undefined;
}

/** One row by its key. */
export interface Single<Row> extends Watched<Row> {
  /** The row; undefined while there is none (not loaded, or not in the database). */
  readonly row: Row | undefined;
  /** The same object until row, status or error change. */
  readonly state: SingleState<Row>;
}

/** Options of `one` and `many`. */
export interface KeyOptions<C extends string> {
  /** The columns wanted; the key's columns always come along. Default: all that the server exposes. */
  readonly columns?: readonly C[];
  /** A name for what is shown. Opening another collection under it closes this one. */
  readonly label?: string;
}

/** Options of `all`. */
export interface AllOptions<Row, C extends string> extends KeyOptions<C> {
  /** The rows wanted: all terms must hold. Default: every row. */
  readonly where?: Where<Row>;
  /**
   * Sorts on the client. Numbers and strings that are decimal numbers compare as numbers (exactly), other strings by code unit.
   * Durations (`P1DT2H`) are strings. Default: the order in which rows came.
   */
  readonly orderBy?: OrderBy<NoInfer<C>>;
}

/** What typed and untyped hubs have in common. Every method is bound. */
export interface HubBase {
  readonly status: HubStatus;
  /**
   * Why there is no connection: the last attempt's or the lost connection's error, code `connection_failed` with the error itself as `cause` (an answer 404 or 401, what `configure` or
   * `accessTokenFactory` threw); it is tried again. Undefined once connected. Code `protocol` where `status` is `closed` for that. Each cause is also written to the console, once.
   */
  readonly error: LiveHubError | undefined;
  /** Calls `listener` after every change of `status` or `error`. Returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Whether a collection is open under that label. */
  readonly watching: (label: string) => boolean;
  /**
   * Resolves when every collection that shows rows shows what a request has committed, or needs nothing of it (one that is loading shows it when it goes live): `await live.seen(response.headers.get("LiveHub-Transaction"))`
   * (the server sets the header with `UseLiveHubTransactionHeader`; without one, at once). Rejects with a `LiveHubError`: `unknown_transaction` where the server never hears
   * of it, `too_many_transactions`, `closed` when the hub is closed. While the connection is away, it waits.
   */
  readonly seen: (transaction: string | null | undefined) => Promise<void>;
  /** Closes every collection; the connection stays. */
  readonly closeAll: () => void;
  /** Closes every collection and the connection, for good. Resolves when the connection has ended. */
  readonly close: () => Promise<void>;
}

/** A connection to a LiveHub server, typed by a schema: a name or a value that the schema does not have does not compile. */
export interface LiveHub<S extends SchemaShape<S>> extends HubBase {
  /** One row by its key. */
  readonly one: <E extends EntityName<S>, C extends ColumnOf<S, E> = ColumnOf<S, E>>(
    entity: E, key: KeyOf<S, E>, options?: KeyOptions<C>,
  ) => Single<Narrow<RowOf<S, E>, C>>;
  /** Rows by their keys, in that order, however the keys are written; rows that do not exist are left out. */
  readonly many: <E extends EntityName<S>, C extends ColumnOf<S, E> = ColumnOf<S, E>>(
    entity: E, keys: readonly KeyOf<S, E>[], options?: KeyOptions<C>,
  ) => Collection<Narrow<RowOf<S, E>, C>, KeyOf<S, E>>;
  /** The rows that match a filter, or all rows of the entity. */
  readonly all: <E extends EntityName<S>, C extends ColumnOf<S, E> = ColumnOf<S, E>>(
    entity: E, options?: AllOptions<RowOf<S, E>, C>,
  ) => Collection<Narrow<RowOf<S, E>, C>, KeyOf<S, E>>;
}

/** A connection to a LiveHub server without a schema: `live.all<Card>("Card")`. */
export interface LooseLiveHub extends HubBase {
  /** One row by its key. */
  readonly one: <Row extends object = LooseRow>(
    entity: string, key: LooseKey, options?: KeyOptions<NoInfer<keyof Row & string>>,
  ) => Single<Readonly<Row>>;
  /** Rows by their keys, in that order, however the keys are written; rows that do not exist are left out. */
  readonly many: <Row extends object = LooseRow>(
    entity: string, keys: readonly LooseKey[], options?: KeyOptions<NoInfer<keyof Row & string>>,
  ) => Collection<Readonly<Row>>;
  /** The rows that match a filter, or all rows of the entity. */
  readonly all: <Row extends object = LooseRow>(
    entity: string, options?: AllOptions<NoInfer<Row>, NoInfer<keyof Row & string>>,
  ) => Collection<Readonly<Row>>;
}
