import { Deferred } from "./deferred.js";
import { LiveHubError } from "./errors.js";

/** The longest token that a server gives. */
const maxLength = 1055;

/** The transactions that somebody wants to see in the hub's collections, by their tokens. */
export class Transactions {
  readonly #waiting = new Map<string, Deferred>();
  /** Those of which the server has sent, on this connection, what there was to send. */
  readonly #sent = new Set<string>();
  #end: LiveHubError | undefined;

  get tokens(): Iterable<string> {
    return this.#waiting.keys();
  }

  /** Resolves when a transaction shows. The server is asked once for each. */
  wait(token: string, ask: () => void): Promise<void> {
    let waiting = this.#waiting.get(token);
    if (!waiting) {
      this.#waiting.set(token, (waiting = new Deferred()));
      if (token.length > maxLength) this.refuse(token, new LiveHubError("unknown_transaction", "It is too long."));
      else if (this.#end) this.fail(this.#end);
      else ask();
    }
    return waiting.promise;
  }

  sent(token: string): void {
    this.#sent.add(token);
  }

  /** The connection has ended: the next one has to say it again. */
  lost(): void {
    this.#sent.clear();
  }

  /** What was sent shows, unless a collection still shows older rows. */
  settle(isStale: () => boolean): void {
    if (this.#sent.size === 0 || isStale()) return;
    for (const token of this.#sent) {
      this.#waiting.get(token)?.resolve();
      this.#waiting.delete(token);
    }
    this.#sent.clear();
  }

  /** Nothing more comes of one. */
  refuse(token: string, error: LiveHubError): void {
    this.#waiting.get(token)?.reject(error);
    this.#waiting.delete(token);
  }

  /** Nothing more comes of any, now and from now on. */
  fail(error: LiveHubError): void {
    this.#end ??= error;
    for (const token of this.#waiting.keys()) this.refuse(token, this.#end);
  }
}
