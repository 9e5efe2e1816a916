/**
 * What the user has done and the database has not shown yet: laid over the live rows, never stored in them. An entry
 * ends when its request has failed, or when it has succeeded and the live row has moved on from what it was.
 */
export class Pending<R extends { readonly id: number }, V> {
  readonly #entries = new Map<number, Entry<R, V>>();

  /** Lays a value over a row; the returned functions end it. */
  begin(row: R, value: V): { readonly succeeded: () => void; readonly failed: () => void } {
    const entry: Entry<R, V> = { value, before: row, isSaved: false };
    this.#entries.set(row.id, entry);
    return {
      succeeded: () => (entry.isSaved = true),
      failed: () => {
        if (this.#entries.get(row.id) === entry) this.#entries.delete(row.id);
      },
    };
  }

  of(row: R): V | undefined {
    const entry = this.#entries.get(row.id);
    if (entry === undefined) return undefined;
    if (entry.isSaved && entry.before !== row) {
      this.#entries.delete(row.id);
      return undefined;
    }
    return entry.value;
  }
}

interface Entry<R, V> {
  readonly value: V;
  readonly before: R;
  isSaved: boolean;
}
