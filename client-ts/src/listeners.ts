import { reportUncaught } from "./errors.js";

/**
 * Listeners, called in the order in which they came. One that throws does not stop the others; one that is added during a call is
 * not part of it, one that is removed is not called any more.
 */
export class Listeners<Args extends readonly unknown[]> {
  #list: readonly ((...args: Args) => void)[] = [];

  get any(): boolean {
    return this.#list.length > 0;
  }

  /** Adds a listener, also one that is there already; returns the function that removes it. */
  add(listener: (...args: Args) => void): () => void {
    const own = listener.bind(undefined);
    this.#list = [...this.#list, own];
    return () => {
      this.#list = this.#list.filter((other) => other !== own);
    };
  }

  call(...args: Args): void {
    const list = this.#list;
    for (const listener of list) {
      if (this.#list === list || this.#list.includes(listener)) {
        try {
          listener(...args);
        } catch (error) {
          reportUncaught(error);
        }
      }
    }
  }

  clear(): void {
    this.#list = [];
  }
}
