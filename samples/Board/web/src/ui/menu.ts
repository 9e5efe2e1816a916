import { h } from "./dom.js";
import { icon } from "./icons.js";

export interface MenuItem {
  readonly label: string;
  readonly run: () => void;
  readonly isCurrent?: boolean;
  readonly isDanger?: boolean;
  readonly icon?: Node;
}

/** Makes a button open a menu below itself: arrows move, Enter chooses, Escape closes. */
export function menuOn(button: HTMLButtonElement, label: string, items: () => readonly MenuItem[]): void {
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  let wasOpen = false;
  // Pressing the button of an open menu closes it, as pressing anywhere beside it does: the click must not open it again.
  button.addEventListener("pointerdown", () => (wasOpen = button.getAttribute("aria-expanded") === "true"));
  button.addEventListener("click", () => {
    if (!wasOpen) open(button, label, items());
    wasOpen = false;
  });
}

function open(button: HTMLButtonElement, label: string, items: readonly MenuItem[]): void {
  const menu = h("div", { class: "menu", role: "menu", popover: "auto", "aria-label": label });
  for (const item of items) menu.append(entry(item, () => menu.hidePopover()));
  menu.addEventListener("toggle", (event) => {
    const isOpen = event.newState === "open";
    button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) menu.remove();
  });
  menu.addEventListener("keydown", (event) => onKey(menu, event));
  document.body.append(menu);
  menu.showPopover();
  place(menu, button);
  (menu.querySelector<HTMLElement>("[aria-checked=true]") ?? menu.querySelector<HTMLElement>("button"))?.focus();
  const restore = (event: ToggleEvent): void => {
    if (event.newState === "closed" && menu.contains(document.activeElement)) button.focus();
  };
  menu.addEventListener("beforetoggle", restore);
}

function entry(item: MenuItem, close: () => void): HTMLButtonElement {
  const choose = (): void => {
    close();
    item.run();
  };
  const isChoice = item.isCurrent !== undefined;
  return h(
    "button",
    {
      type: "button",
      class: item.isDanger === true ? "menu-item danger" : "menu-item",
      role: isChoice ? "menuitemradio" : "menuitem",
      "aria-checked": isChoice ? String(item.isCurrent) : undefined,
      tabindex: -1,
      onclick: choose,
    },
    item.icon,
    h("span", {}, item.label),
    item.isCurrent === true ? icon("check") : undefined,
  );
}

function place(menu: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const gap = 6;
  const left = Math.max(gap, Math.min(at.left, innerWidth - menu.offsetWidth - gap));
  const below = at.bottom + gap;
  const top = below + menu.offsetHeight > innerHeight ? Math.max(gap, at.top - gap - menu.offsetHeight) : below;
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}

function onKey(menu: HTMLElement, event: KeyboardEvent): void {
  const entries = [...menu.querySelectorAll<HTMLElement>("button")];
  const at = entries.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    entries.at(to % entries.length)?.focus();
  } else if (event.key === "Tab") menu.hidePopover();
}
