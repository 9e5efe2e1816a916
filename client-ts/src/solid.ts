import { batch, createMemo, createSignal, onCleanup, type Accessor } from "solid-js";
import { isServer } from "solid-js/web";
import { following, loading, type LiveSource, type LiveState } from "./follow.js";

export type { LiveSource, LiveState } from "./follow.js";

const follow = following(batch);

/**
 * Opens a collection or a single row, and closes it with the owner. `open` may read signals: when one changes, what was open is closed and `open` is
 * called again. The accessor returns the state: `{ rows, status, error }`, or `{ row, status, error }`. On the server nothing is opened: the status stays `loading`.
 */
export function createLive<State extends LiveState>(open: () => LiveSource<State>): Accessor<State> {
  if (isServer) return loading<State>;
  const opened = createMemo(() => {
    const source = open();
    const [state, show] = createSignal(source.state);
    const end = follow(source, (next) => show(() => next));
    onCleanup(() => {
      end();
      source.close();
    });
    return state;
  });
  return () => opened()();
}
