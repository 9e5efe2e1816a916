import type { LiveHubError } from "./errors.js";

/** A promise that is settled from outside; the first time counts. One that nobody looks at is no unhandled rejection. */
export class Deferred {
  resolve: () => void = () => {};
  reject: (error: LiveHubError | undefined) => void = () => {};

  readonly promise: Promise<void> = new Promise((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => {});
  }
}
