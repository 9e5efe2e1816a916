/** The one way in which this sample makes elements: text only ever becomes text, never markup. */
export type Child = Node | string | undefined;
type Attribute = string | number | boolean | undefined | ((event: Event) => void);

/** Makes an element. `h("button", { class: "icon", onclick: close }, "Close")` */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

/** Writes text only when it differs, so that selections and assistive technology are left in peace. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Writes a class only when it differs: classList.toggle counts as a change even where nothing changes. */
export function setClass(element: Element, name: string, on: boolean): void {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
}

/** Lets a text area grow with its text where the browser cannot do that by itself. */
export function autoGrow(area: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  const fit = (): void => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  };
  area.addEventListener("input", fit);
  requestAnimationFrame(fit);
}
