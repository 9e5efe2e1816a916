import {
  computed, getCurrentInstance, getCurrentScope, onBeforeMount, shallowRef, watchEffect, type ComputedRef,
} from "vue";
import { loading, type LiveSource, type LiveState } from "./follow.js";

export type { LiveSource, LiveState } from "./follow.js";

/** A state, each part a ref: `rows`, `status` and `error`, or `row`, `status` and `error`. */
export type LiveRefs<State> = { readonly [Part in keyof State]: ComputedRef<State[Part]> };

/**
 * Opens a collection or a single row, and closes it with the scope: the component's in `setup`. `open` may read reactive values: when one changes, what was open
 * is closed and `open` is called again. In a component it is called before the first render; on the server it is not, and the status stays `loading`.
 */
export function useLive<State extends LiveState>(open: () => LiveSource<State>): LiveRefs<State> {
  const state = shallowRef(loading<State>());
  const follow = (): void => {
    watchEffect((onCleanup) => {
      const source = open();
      state.value = source.state;
      const end = source.subscribe(() => {
        state.value = source.state;
      });
      onCleanup(() => {
        end();
        source.close();
      });
    });
  };
  const component = getCurrentInstance();
  const scope = getCurrentScope();
  if (component && !component.isMounted) onBeforeMount(() => scope?.run(follow));
  else follow();
  const part = (name: string): ComputedRef<unknown> => computed(() => state.value[name as keyof State]);
  return { rows: part("rows"), row: part("row"), status: part("status"), error: part("error"), staleSince: part("staleSince") } as LiveRefs<LiveState> as LiveRefs<State>;
}
