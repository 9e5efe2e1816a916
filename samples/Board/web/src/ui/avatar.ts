import type { Member } from "../schema.js";
import { h, setAttribute, setText } from "./dom.js";
import { initials } from "./format.js";

/** A member as a round picture with initials, in a colour of their own. */
export function avatar(member?: Member): HTMLSpanElement {
  const element = h("span", { class: "avatar", role: "img" });
  showMember(element, member);
  return element;
}

export function showMember(element: HTMLElement, member: Member | undefined): void {
  element.hidden = member === undefined;
  if (member === undefined) return;
  setText(element, initials(member.name));
  setAttribute(element, "aria-label", member.name);
  setAttribute(element, "title", member.name);
  // The golden angle keeps neighbours apart, however many members there are.
  element.style.setProperty("--hue", String(Math.round((member.id * 137.5 + 40) % 360)));
}
