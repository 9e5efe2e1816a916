import { isMine } from "../data/mine.js";
import type { Card } from "../schema.js";
import { avatar, showMember } from "../ui/avatar.js";
import { h, setAttribute, setClass, setText } from "../ui/dom.js";
import { count, dueState, fullDate, shortDate, trimDecimal } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { glow } from "../ui/motion.js";
import type { View } from "../ui/views.js";
import { looksSame, type CardModel } from "./board-model.js";
import { chip } from "./chip.js";

/** A card on the board. */
export class CardView implements View<CardModel> {
  readonly element: HTMLLIElement;
  readonly #isNews: () => boolean;
  readonly #labels = h("span", { class: "chips" });
  readonly #tick: HTMLInputElement;
  readonly #title = h("span", { class: "card-title" });
  readonly #due = h("span", {});
  readonly #dueFact = h("span", { class: "fact due" }, icon("clock"), this.#due);
  readonly #text = h("span", { class: "fact", title: "Has a description" }, icon("text"));
  readonly #comments = h("span", {});
  readonly #commentFact = h("span", { class: "fact" }, icon("comment"), this.#comments);
  readonly #estimate = h("span", { class: "fact estimate" });
  readonly #avatar = avatar();
  #model: CardModel | undefined;

  constructor(id: number, tick: (card: Card, done: boolean) => void, isNews: () => boolean) {
    this.#isNews = isNews;
    this.#tick = h("input", { type: "checkbox", class: "tick", tabindex: -1 });
    this.#tick.addEventListener("change", () => {
      if (this.#model !== undefined) tick(this.#model.card, this.#tick.checked);
    });
    this.element = h(
      "li",
      { class: "card", tabindex: -1, "data-card": id, "aria-describedby": "card-keys" },
      this.#labels,
      h("span", { class: "card-head" }, this.#tick, this.#title),
      h("span", { class: "facts" }, this.#dueFact, this.#text, this.#commentFact, this.#estimate, this.#avatar),
    );
  }

  update(model: CardModel): void {
    const last = this.#model;
    if (last !== undefined && looksSame(last, model)) return;
    this.#model = model;
    const { card, done } = model;
    setText(this.#title, card.title);
    this.#tick.checked = done;
    setAttribute(this.#tick, "aria-label", `Done: ${card.title}`);
    setClass(this.element, "done", done);
    setClass(this.element, "lifted", model.isLifted);
    this.#showDue(card.dueAt, done);
    this.#text.hidden = card.description === "";
    this.#commentFact.hidden = model.comments === 0;
    setText(this.#comments, String(model.comments));
    setAttribute(this.#commentFact, "title", count(model.comments, "comment"));
    this.#estimate.hidden = card.estimate === null;
    if (card.estimate !== null) setText(this.#estimate, `${trimDecimal(card.estimate)} d`);
    setAttribute(this.#estimate, "title", "Estimate in days");
    showMember(this.#avatar, model.member);
    this.#showLabels(model, last);
    if (this.#isNews() && last?.isLifted !== true && !model.isLifted && !isMine(`card/${card.id}`)) glow(this.element);
  }

  #showDue(dueAt: string | null, done: boolean): void {
    this.#dueFact.hidden = dueAt === null;
    if (dueAt === null) return;
    setText(this.#due, shortDate(dueAt));
    setAttribute(this.#dueFact, "title", `Due ${fullDate(dueAt)}`);
    setAttribute(this.#dueFact, "data-due", dueState(dueAt, done));
  }

  #showLabels({ labels }: CardModel, last: CardModel | undefined): void {
    if (last !== undefined && labels.length === last.labels.length && labels.every((label, i) => label === last.labels[i])) return;
    this.#labels.replaceChildren(...labels.map(chip));
    this.#labels.hidden = labels.length === 0;
  }
}
