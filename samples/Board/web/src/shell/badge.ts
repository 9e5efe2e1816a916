import { connectionState, onConnection, type ConnectionState } from "../data/hub.js";
import { h, setText } from "../ui/dom.js";

const texts: Record<ConnectionState, { readonly short: string; readonly long: string }> = {
  connecting: { short: "Connecting…", long: "Connecting to the server." },
  connected: { short: "Live", long: "Everything here follows the database as it changes." },
  reconnecting: { short: "Reconnecting…", long: "The connection was lost. What you see stays; what others do will show once it is back." },
  offline: { short: "Offline", long: "There is no network. What you see stays; it will catch up once you are back." },
};

/** Says in the top bar how the connection is, and marks the page so that stale content looks stale. */
export function connectionBadge(): HTMLElement {
  const text = h("span", { class: "badge-text" });
  const badge = h("span", { class: "badge", role: "status", "data-testid": "connection" }, h("span", { class: "dot" }), text);
  const show = (): void => {
    const state = connectionState();
    setText(text, texts[state].short);
    badge.title = texts[state].long;
    badge.dataset.state = state;
    document.documentElement.dataset.connection = state;
  };
  onConnection(show);
  show();
  return badge;
}
