import { createLiveHub } from "@livehub/client";
import type { BoardSchema } from "../schema.js";

/** The one connection of this window. */
export const live = createLiveHub<BoardSchema>("/live");

/** Boards and members are few and wanted everywhere: they stay open. */
export const boards = live.all("Board");
export const members = live.all("Member");

export type ConnectionState = "connecting" | "connected" | "reconnecting" | "offline";

export function connectionState(): ConnectionState {
  switch (live.status) {
    case "connected":
      return "connected";
    case "closed":
      return "offline";
    case "connecting":
    case "reconnecting":
      return navigator.onLine ? live.status : "offline";
  }
}

/** Calls back when what `connectionState` says may have changed. */
export function onConnection(listener: () => void): void {
  live.subscribe(listener);
  addEventListener("online", listener);
  addEventListener("offline", listener);
}
