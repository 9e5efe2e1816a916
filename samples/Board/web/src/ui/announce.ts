import { h } from "./dom.js";

const region = h("div", { class: "unseen", "aria-live": "assertive", "aria-atomic": "true" });
document.body.append(region);

/** Says something to those who use a screen reader. */
export function announce(text: string): void {
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
}
