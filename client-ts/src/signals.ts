import { batch, computed, signal, untracked, type ReadonlySignal } from "@preact/signals-core";
import { following, loading, type LiveSource, type LiveState } from "./follow.js";

export type { LiveSource, LiveState } from "./follow.js";

const follow = following(batch);
const signals = new WeakMap<object, ReadonlySignal<LiveState>>();

/**
 * The state of a collection, or of a single row, as a signal.
 *
 * Given a collection, the signal follows it until you close it; the same collection has the same signal. Given a function that opens one, it is open while somebody
 * watches the signal (an effect, a component), and while nobody does, the status is `loading`. That function may read signals: when one changes, what was open is closed
 * and it is called again.
 */
export function liveSignal<State extends LiveState>(source: LiveSource<State> | (() => LiveSource<State>)): ReadonlySignal<State> {
  if (typeof source === "function") return whileWatched(source);
  const known = signals.get(source) as ReadonlySignal<State> | undefined;
  if (known) return known;
  const state = signal(source.state);
  follow(source, (next) => (state.value = next));
  signals.set(source, state);
  return state;
}

function whileWatched<State extends LiveState>(open: () => LiveSource<State>): ReadonlySignal<State> {
  const isWatched = signal(false);
  let close = (): void => {};
  const opened = computed(() => {
    untracked(close);
    if (!isWatched.value) return signal(loading<State>());
    const source = open();
    const state = signal(source.state);
    const end = follow(source, (next) => (state.value = next));
    close = () => {
      end();
      source.close();
    };
    return state;
  });
  return computed(() => opened.value.value, {
    watched: () => {
      isWatched.value = true;
    },
    unwatched: () => {
      isWatched.value = false;
      close();
    },
  });
}
