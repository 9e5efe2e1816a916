import type { Member } from "../schema.js";
import { members } from "./hub.js";

const store = "livehub-board-me";
const listeners = new Set<() => void>();
// Where storage is forbidden, the choice lasts as long as the page.
let chosen = read();

/** Who comments in this window. There is no sign-in in the sample: one says who one is. */
export function me(): Member | undefined {
  return members.rows.find((member) => member.id === chosen) ?? members.rows[0];
}

export function setMe(id: number): void {
  chosen = id;
  try {
    localStorage.setItem(store, String(id));
  } catch {
    // As said at `chosen`.
  }
  for (const listener of listeners) listener();
}

export function onMe(listener: () => void): () => void {
  listeners.add(listener);
  const stop = members.subscribe(listener);
  return () => {
    listeners.delete(listener);
    stop();
  };
}

function read(): number | undefined {
  try {
    return Number(localStorage.getItem(store) ?? undefined);
  } catch {
    return undefined;
  }
}
