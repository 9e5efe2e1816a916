import type { CollectionState, SingleState } from "./api.js";

/** The state of a collection or of a single row. */
export type LiveState = CollectionState<unknown> | SingleState<unknown>;

/** What a framework needs of a collection or a single row: every `Collection` and `Single` fits. */
export interface LiveSource<State extends LiveState> {
  readonly state: State;
  readonly subscribe: (listener: () => void) => () => void;
  readonly close: () => void;
}

/** What is shown while nothing is open. It fits a collection and a single row: which of the two is known once it has been opened. */
const nothing: CollectionState<never> & SingleState<never> = Object.freeze({
  rows: Object.freeze([]), row: undefined, status: "loading", error: undefined, staleSince: undefined,
});

export function loading<State extends LiveState>(): State {
  return nothing as LiveState as State;
}

/** Gives `show` what a source shows, whenever that changes. Returns the function that ends it. */
export type Follow = <State extends LiveState>(source: LiveSource<State>, show: (state: State) => void) => () => void;

/**
 * Following for frameworks that run what depends on a value as soon as it is set. Collections call their listeners one after the other, but when the
 * first is called, all have taken the step in: so all that are followed are shown then, in one `batch`. What depends on two of them never sees half of a step.
 */
export function following(batch: (showAll: () => void) => void): Follow {
  const all = new Set<() => void>();
  return (source, show) => {
    let shown = source.state;
    const update = (): void => {
      if (source.state === shown) return;
      shown = source.state;
      if (shown.status === "closed") all.delete(update);
      show(shown);
    };
    if (shown.status !== "closed") all.add(update);
    const end = source.subscribe(() => {
      if (source.state !== shown) batch(() => all.forEach((one) => one()));
    });
    return () => {
      end();
      all.delete(update);
    };
  };
}
