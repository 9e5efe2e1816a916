import { colored } from "../board/chip.js";
import { setLabel } from "../data/commands.js";
import type { Label } from "../schema.js";
import { arrange, keepingFocus } from "../ui/arrange.js";
import { h, setAttribute, setText } from "../ui/dom.js";
import { Views, type View } from "../ui/views.js";

interface Choice {
  readonly label: Label;
  readonly isOn: boolean;
}

/** All labels of the board; those that the card wears are pressed. */
export class LabelPicker {
  readonly element: HTMLElement;
  readonly #chips = h("div", { class: "chips" });
  readonly #views: Views<number, Choice>;

  constructor(cardId: number) {
    this.#views = new Views((labelId) => toggle(cardId, labelId));
    this.element = h("div", { class: "labelled", role: "group", "aria-label": "Labels" }, h("span", { class: "field-name" }, "Labels"), this.#chips);
  }

  update(all: readonly Label[], worn: readonly Label[]): void {
    const elements = all.map((label) => this.#views.show(label.id, { label, isOn: worn.includes(label) }));
    keepingFocus(() => arrange(this.#chips, elements));
    this.#views.keepOnly(new Set(all.map((label) => label.id)));
    this.element.hidden = all.length === 0;
  }
}

function toggle(cardId: number, labelId: number): View<Choice> {
  const element = h("button", { type: "button", class: "chip choice", "data-label": labelId, "aria-pressed": "false" });
  element.addEventListener("click", () => void setLabel(cardId, labelId, element.getAttribute("aria-pressed") !== "true"));
  return {
    element,
    update: ({ label, isOn }) => {
      setText(element, label.name);
      setAttribute(element, "aria-pressed", String(isOn));
      colored(element, label);
    },
  };
}
