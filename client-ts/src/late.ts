/**
 * Changes of rows that are not here: their row is on its way, for it was written first and is published late (rule 21). What has not come
 * in the time that it may take is told of.
 */
export class Late {
  readonly #limitMs: number;
  readonly #onLate: () => void;
  /** Whether each is still missing: those that have waited for one limit at least, and the others. */
  #old: readonly (() => boolean)[] = [];
  #young: (() => boolean)[] = [];

  constructor(limitMs: number, onLate: () => void) {
    this.#limitMs = limitMs;
    this.#onLate = onLate;
  }

  add(isMissing: () => boolean): void {
    if (this.#old.length + this.#young.push(isMissing) === 1) this.#wait();
  }

  #wait(): void {
    setTimeout(() => {
      const isLate = this.#old.some((isMissing) => isMissing());
      this.#old = isLate ? [] : this.#young;
      this.#young = [];
      if (isLate) this.#onLate();
      else if (this.#old.length > 0) this.#wait();
    }, this.#limitMs);
  }
}
