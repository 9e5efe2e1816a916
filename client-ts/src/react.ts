import { useEffect, useLayoutEffect, useMemo, useReducer, useSyncExternalStore } from "react";
import type { HubBase, HubStatus } from "./api.js";
import { loading, type LiveSource, type LiveState } from "./follow.js";

export type { LiveSource, LiveState } from "./follow.js";

/** React 18 warns of layout effects where there is no layout. */
const useBeforePaint: typeof useEffect = typeof document === "undefined" ? useEffect : useLayoutEffect;

/**
 * Opens a collection or a single row while the component is mounted, and returns its state: `{ rows, status, error }`, or `{ row, status, error }`.
 * `deps` are what `open` depends on, as for `useMemo`: when one changes, what was open is closed, and nothing of it is shown any more.
 * `open` is not called while rendering, and not at all on the server: there, and in the first render, the status is `loading`.
 */
export function useLive<State extends LiveState>(open: () => LiveSource<State>, deps: readonly unknown[]): State {
  const opening = useMemo(() => new Opening(open), deps);
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  useBeforePaint(() => {
    opening.open();
    if (opening.state() !== loading()) renderAgain();
  }, [opening]);
  return useSyncExternalStore(opening.subscribe, opening.state, loading<State>);
}

/** The state of a collection, or of a single row, that somebody else opens and closes. */
export function useCollection<State extends LiveState>(source: LiveSource<State>): State {
  return useSyncExternalStore(source.subscribe, () => source.state, loading<State>);
}

/** Where the hub's connection is; `connecting` on the server. */
export function useHubStatus(hub: HubBase): HubStatus {
  return useSyncExternalStore(hub.subscribe, () => hub.status, () => "connecting");
}

/**
 * What one component has open. It is opened before the browser paints, so that rows which are here already are shown at once, and closed when React unsubscribes:
 * not with the layout, which React also takes away while a neighbour suspends. Between the two React always subscribes.
 */
class Opening<State extends LiveState> {
  readonly #open: () => LiveSource<State>;
  #source: LiveSource<State> | undefined;

  constructor(open: () => LiveSource<State>) {
    this.#open = open;
  }

  open(): LiveSource<State> {
    return (this.#source ??= this.#open());
  }

  /** What is loading is always shown by the same object: opening it needs no rendering. */
  readonly state = (): State => {
    const state = this.#source?.state;
    return state && (state.status !== "loading" || state.error) ? state : loading();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    const source = this.open();
    const end = source.subscribe(listener);
    return () => {
      end();
      source.close();
      this.#source = undefined;
    };
  };
}
