import { h } from "./dom.js";
import { icon } from "./icons.js";

export interface Toast {
  readonly text: string;
  readonly kind?: "error";
  readonly action?: { readonly label: string; readonly run: () => void };
}

const region = h("div", { class: "toasts", role: "region", "aria-label": "Notices" });
document.body.append(region);

/** Shows a notice for a while; resting on it with pointer or focus keeps it. */
export function toast({ text, kind, action }: Toast): void {
  const element = h("div", { class: "toast", role: kind === "error" ? "alert" : "status", "data-kind": kind });
  const remove = (): void => {
    clearTimeout(timer);
    element.remove();
  };
  element.append(h("span", { class: "toast-text" }, text));
  if (action !== undefined) {
    const run = (): void => {
      remove();
      action.run();
    };
    element.append(h("button", { type: "button", class: "toast-action", onclick: run }, action.label));
  }
  element.append(h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: remove }, icon("close")));
  const delayMs = kind === "error" || action !== undefined ? 8_000 : 4_000;
  let timer = setTimeout(remove, delayMs);
  const wait = (): void => clearTimeout(timer);
  const resume = (): void => {
    clearTimeout(timer);
    timer = setTimeout(remove, delayMs);
  };
  element.addEventListener("pointerenter", wait);
  element.addEventListener("focusin", wait);
  element.addEventListener("pointerleave", resume);
  element.addEventListener("focusout", resume);
  while (region.children.length >= 3) region.firstElementChild?.remove();
  region.append(element);
}
