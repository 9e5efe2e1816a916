/** A value that a key or a filter can hold. `long`, `ulong`, `decimal`, dates and Guids are strings (docs/protocol.md, Values). */
export type Scalar = string | number | boolean;

/** One entity of a schema: its row, its key (a value, or an object by column name) and its relations. */
export interface EntityTypes {
  readonly row: object;
  readonly key: unknown;
  readonly relations?: object;
}

/** What a schema must look like: entity names to their types. Interfaces and type aliases both fit. */
export type SchemaShape<S> = { readonly [E in keyof S]: EntityTypes };

/** The entity names of a schema. */
export type EntityName<S> = keyof S & string;

/** An entity's row, with all its columns. */
export type RowOf<S, E extends keyof S> = S[E] extends { readonly row: infer R } ? R : never;

/** An entity's key. */
export type KeyOf<S, E extends keyof S> = S[E] extends { readonly key: infer K } ? K : never;

/** An entity's column names. */
export type ColumnOf<S, E extends keyof S> = keyof RowOf<S, E> & string;

/** A row narrowed to some columns. Rows are shared between collections and never change: an update makes a new one. */
export type Narrow<R, C> = { readonly [P in keyof R as P extends C ? P : never]: R[P] };

type Comparable<V> = unknown extends V ? Scalar | null : Extract<V, Scalar | null>;

/** What a column must be: a value (`null` matches null) or one of a list. */
export type Term<V> = Comparable<V> | { readonly in: readonly Comparable<V>[] };

/** A filter: all its terms must hold. Columns that hold JSON cannot be filtered by. */
export type Where<R> = { readonly [C in keyof R as [Comparable<R[C]>] extends [never] ? never : C]?: Term<R[C]> };

/** A direction of sorting. Nulls come last in `asc` and first in `desc`; ties are broken by key. */
export type Direction = "asc" | "desc";

/** One column and its direction, or several objects of one column each, the most important first. */
export type OrderBy<C extends string> = OrderTerm<C> | readonly OrderTerm<C>[];

/** One column and its direction: `{ position: "asc" }`. */
export type OrderTerm<C extends string> = { readonly [P in C]?: Direction };

/** A row of an untyped hub. */
export type LooseRow = Readonly<Record<string, unknown>>;

/** A key of an untyped hub: a value, or an object by column name for a composite key. */
export type LooseKey = Scalar | Readonly<Record<string, Scalar>>;
