import type { Readable } from "svelte/store";
import { following, type LiveSource, type LiveState } from "./follow.js";

export { useLive } from "./runes.svelte.js";
export type { LiveSource, LiveState } from "./follow.js";

/** What is to be told when all stores have their new values: `derived` waits for all that it was warned of. */
const tell: (() => void)[] = [];
const follow = following((showAll) => {
  showAll();
  for (const one of tell.splice(0)) one();
});

/**
 * A collection or a single row as a store (Svelte 4 and 5): opened for the first subscriber, closed when the last one leaves. Its value is the state:
 * `{ rows, status, error }`, or `{ row, status, error }`.
 */
export function liveStore<State extends LiveState>(open: () => LiveSource<State>): Readable<State> {
  const subscribers = new Set<{ readonly run: (state: State) => void; readonly warn: () => void }>();
  let source: LiveSource<State>;
  let end: () => void;
  return {
    subscribe(run, warn = () => {}) {
      const subscriber = { run, warn };
      if (subscribers.size === 0) {
        source = open();
        end = follow(source, (state) => {
          for (const one of subscribers) {
            one.warn();
            tell.push(() => subscribers.has(one) && one.run(state));
          }
        });
      }
      subscribers.add(subscriber);
      run(source.state);
      return () => {
        if (!subscribers.delete(subscriber) || subscribers.size > 0) return;
        end();
        source.close();
      };
    },
  };
}
