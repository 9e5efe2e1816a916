import { reportUncaught } from "./errors.js";

/**
 * Listeners, called in the order in which they came. One that throws does not stop the others; one that is added during a call is
 * not part of it, one that is removed is not called any more.
 */
export class Listeners<News = void> {
  #list: readonly ((news: News) => void)[] = [];

  get any(): boolean {
    return this.#list.length > 0;
  }

  /** Adds a listener, also one that is there already; returns the function that removes it. */
  add(listener: (news: News) => void): () => void {
    const own = listener.bind(undefined);
    this.#list = [...this.#list, own];
    return () => {
      this.#list = this.#list.filter((other) => other !== own);
    };
  }

  call(news: News): void {
    const list = this.#list;
    for (const listener of list) {
      if (this.#list === list || this.#list.includes(listener)) {
        try {
          listener(news);
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
