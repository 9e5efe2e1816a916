/** What is needed of a live collection. */
export interface Collection<R> {
  readonly rows: readonly R[];
  readonly status: "loading" | "live" | "stale" | "failed" | "closed";
  readonly error: Error | undefined;
  subscribe(listener: () => void): () => void;
  close(): void;
}

/**
 * A collection whose filter is a growing set of ids, such as the cards of all lists of a board. A new set opens a new
 * collection; the old one's rows stay shown until the new one is live, so that nothing flickers. A set that
 * only shrinks keeps the collection: the rows left over belong to nothing that is shown.
 */
export class Following<R> {
  readonly #open: (ids: readonly number[]) => Collection<R>;
  readonly #changed: () => void;
  #ids: ReadonlySet<number> = new Set();
  #shown: Opened<R> | undefined;
  #next: Opened<R> | undefined;

  constructor(open: (ids: readonly number[]) => Collection<R>, changed: () => void) {
    this.#open = open;
    this.#changed = changed;
  }

  get rows(): readonly R[] {
    return this.#shown?.collection.rows ?? [];
  }

  /** Whether there is nothing to show yet. */
  get isLoading(): boolean {
    return this.#shown === undefined && this.#next?.collection.status === "loading";
  }

  get error(): Error | undefined {
    return failure(this.#next?.collection) ?? failure(this.#shown?.collection);
  }

  follow(ids: readonly number[]): void {
    if (ids.every((id) => this.#ids.has(id))) return;
    this.#ids = new Set(ids);
    close(this.#next);
    const collection = this.#open(ids);
    const next = { collection, stop: collection.subscribe(() => this.#onChange(next)) };
    this.#next = next;
    this.#onChange(next);
  }

  close(): void {
    close(this.#next);
    close(this.#shown);
    this.#next = this.#shown = undefined;
  }

  #onChange(from: Opened<R>): void {
    if (from === this.#next && from.collection.status === "live") {
      close(this.#shown);
      this.#shown = from;
      this.#next = undefined;
    }
    this.#changed();
  }
}

interface Opened<R> {
  readonly collection: Collection<R>;
  readonly stop: () => void;
}

/** Why a collection failed for good; a passing fault is none. */
export function failure(collection: Pick<Collection<unknown>, "status" | "error"> | undefined): Error | undefined {
  return collection?.status === "failed" ? collection.error : undefined;
}

function close<R>(opened: Opened<R> | undefined): void {
  opened?.stop();
  opened?.collection.close();
}
