import type { Label } from "../schema.js";
import { h } from "../ui/dom.js";

/** A label as a coloured chip. */
export function chip(label: Label): HTMLSpanElement {
  return colored(h("span", { class: "chip", "data-label": label.id }, label.name), label);
}

export function colored<E extends HTMLElement>(element: E, label: Label): E {
  element.style.setProperty("--label", CSS.supports("color", label.color) ? label.color : "gray");
  return element;
}
