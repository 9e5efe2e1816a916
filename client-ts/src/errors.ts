/**
 * What went wrong, as a stable name. The server's codes are listed in `docs/protocol.md`; the client adds `connection_failed` (of a hub: it could not
 * connect, or lost the connection; it tries again), `closed` (the collection was closed before it was live, the hub before it had seen a transaction), and
 * `too_large` (one subscription does not fit in a message). Options that do not exist are `not_supported`, like what the server does not support.
 */
export type LiveHubErrorCode =
  | "protocol"
  | "bad_message"
  | "unknown_entity"
  | "unknown_column"
  | "unknown_operator"
  | "wrong_type"
  | "not_supported"
  | "duplicate_id"
  | "too_many_subscriptions"
  | "too_many_keys"
  | "too_many_terms"
  | "too_many_transactions"
  | "unknown_transaction"
  | "unknown_position"
  | "snapshot_failed"
  | "snapshot_too_slow"
  | "snapshot_too_large"
  | "internal"
  | "connection_failed"
  | "closed"
  | "too_large"
  | (string & {});

/** A refusal or a fault that a collection or a hub reports. `code` is stable, `message` says what, which and what now. */
export class LiveHubError extends Error {
  override readonly name: "LiveHubError" = "LiveHubError";
  readonly code: LiveHubErrorCode;

  constructor(code: LiveHubErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Reports an error that is nobody's to catch (a listener that threw) the way the platform reports uncaught ones. */
export function reportUncaught(error: unknown): void {
  (globalThis.reportError ?? console.error)(error);
}
