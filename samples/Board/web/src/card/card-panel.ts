import type { BoardData } from "../data/board-data.js";
import { deleteCard, saveCard } from "../data/commands.js";
import type { Card } from "../schema.js";
import { autoGrow, h, setClass, setText } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { CardFields } from "./card-fields.js";
import { Comments } from "./comments.js";
import { LabelPicker } from "./label-picker.js";
import { labelled } from "./labelled.js";

interface CardPanelOptions {
  readonly cardId: number;
  readonly data: BoardData;
  readonly tick: (card: Card, done: boolean) => void;
  readonly close: () => void;
}

/** The opened card, beside the board; over it on a small screen. */
export class CardPanel {
  readonly element: HTMLElement;
  readonly cardId: number;
  readonly #data: BoardData;
  readonly #where = h("span", { class: "panel-where" });
  readonly #tick = h("input", { type: "checkbox", class: "tick", "aria-label": "Done" });
  readonly #title = h("textarea", { class: "panel-title", rows: 1, maxlength: 200, "aria-label": "Title" });
  readonly #description = h("textarea", { class: "field", rows: 3, maxlength: 10_000, "aria-label": "Description", placeholder: "What should the others know?" });
  readonly #titleField;
  readonly #descriptionField;
  readonly #fields: CardFields;
  readonly #labels: LabelPicker;
  readonly #comments: Comments;
  readonly #body: HTMLElement;
  readonly #leave: () => void;
  #shown: Card | undefined;
  #wasShown = false;

  constructor({ cardId, data, tick, close }: CardPanelOptions) {
    this.cardId = cardId;
    this.#data = data;
    this.#leave = close;
    const save = (changes: Parameters<typeof saveCard>[1]): Promise<boolean> => saveCard(cardId, changes);
    const title = labelled(undefined, this.#title, { save: (text) => save({ title: text.replace(/\s+/g, " ") }), isRequired: true });
    const description = labelled("Description", this.#description, { save: (text) => save({ description: text }) });
    this.#titleField = title.field;
    this.#descriptionField = description.field;
    this.#fields = new CardFields(save, () => this.#shown);
    this.#labels = new LabelPicker(cardId);
    this.#comments = new Comments(cardId, data);
    for (const area of [this.#title, this.#description]) autoGrow(area);
    this.#title.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        this.#title.blur();
      }
    });
    this.#tick.addEventListener("change", () => {
      if (this.#shown !== undefined) tick(this.#shown, this.#tick.checked);
    });
    this.#body = h(
      "div",
      { class: "panel-body" },
      h("div", { class: "panel-head" }, this.#tick, title.element),
      this.#fields.element,
      this.#labels.element,
      description.element,
      this.#comments.element,
    );
    const remove = h("button", { type: "button", class: "icon-button", "aria-label": "Delete card", title: "Delete card", onclick: () => void this.#delete() }, icon("trash"));
    const leave = h("button", { type: "button", class: "icon-button", "aria-label": "Close card", title: "Close (Esc)", onclick: close }, icon("close"));
    this.element = h("aside", { class: "panel", role: "dialog", "aria-label": "Card", tabindex: -1 }, h("header", { class: "panel-bar" }, this.#where, remove, leave), this.#body);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) close();
    });
  }

  /** Shows the card as it is now. */
  update(done: boolean | undefined): void {
    const card = this.#data.cardsById().get(this.cardId);
    setClass(this.element, "gone", card === undefined && !this.#data.isLoading);
    if (card === undefined) {
      this.#shown = undefined;
      this.#body.inert = true;
      const gone = this.#wasShown ? "This card has been deleted" : "There is no such card on this board";
      setText(this.#where, this.#data.isLoading ? "Loading…" : gone);
      return;
    }
    this.#body.inert = false;
    this.#tick.checked = done ?? card.done;
    setText(this.#where, this.#data.lists().find((list) => list.id === card.listId)?.title ?? "");
    this.#fields.showMembers(this.#data.members());
    this.#labels.update(this.#data.labels(), this.#data.labelsOf(card.id));
    this.#comments.update();
    if (card === this.#shown) return;
    this.#shown = card;
    this.#wasShown = true;
    this.#titleField.show(card.title);
    this.#descriptionField.show(card.description);
    this.#fields.show(card);
  }

  close(): void {
    const focused = document.activeElement;
    // What is being typed is saved, as on leaving the field.
    if (focused instanceof HTMLElement && this.element.contains(focused)) focused.blur();
    this.#comments.close();
    this.element.remove();
  }

  async #delete(): Promise<void> {
    if (this.#shown !== undefined && (await deleteCard(this.#shown))) this.#leave();
  }
}
