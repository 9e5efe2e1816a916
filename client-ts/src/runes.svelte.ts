import { loading, type LiveSource, type LiveState } from "./follow.js";

/**
 * Opens a collection or a single row with the component (Svelte 5), and closes it when that is destroyed. `open` may read runes: when one changes, what was open
 * is closed and `open` is called again. Read the parts from the object that is returned (`cards.rows`): taken out of it they change no more.
 * On the server nothing is opened: the status stays `loading`.
 */
export function useLive<State extends LiveState>(open: () => LiveSource<State>): State {
  let state = $state.raw(loading<State>());
  $effect.pre(() => {
    const source = open();
    state = source.state;
    const end = source.subscribe(() => {
      state = source.state;
    });
    return () => {
      end();
      source.close();
    };
  });
  const parts = {
    get rows() { return "rows" in state ? state.rows : []; },
    get row() { return "row" in state ? state.row : undefined; },
    get status() { return state.status; },
    get error() { return state.error; },
    get staleSince() { return state.staleSince; },
  };
  return parts as LiveState as State;
}
