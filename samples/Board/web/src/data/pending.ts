/** What the user has done and the database has not shown yet, by the row's id: laid over the live rows, never stored in them. */
export class Pending<V> {
  readonly #entries = new Map<number, { readonly value: V }>();

  /** Lays a value over a row; the returned function takes it away again, unless there is a later one. */
  begin(id: number, value: V): () => void {
    const entry = { value };
    this.#entries.set(id, entry);
    return () => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
    };
  }

  of({ id }: { readonly id: number }): V | undefined {
    return this.#entries.get(id)?.value;
  }
}
