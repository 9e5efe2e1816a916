import type { BoardData } from "../data/board-data.js";
import { addCard, deleteList, saveList, saveListOrder } from "../data/commands.js";
import { between } from "../data/positions.js";
import type { List } from "../schema.js";
import { h, setAttribute, setClass, setText } from "../ui/dom.js";
import { count } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { LiveField } from "../ui/live-field.js";
import { menuOn, type MenuItem } from "../ui/menu.js";
import { confirmed } from "../ui/modal.js";
import type { View } from "../ui/views.js";
import type { ListModel } from "./board-model.js";
import { Composer } from "./composer.js";

/** A column of the board. Its cards are put into `cards` by the board. */
export class ListView implements View<ListModel> {
  readonly element: HTMLElement;
  readonly cards = h("ol", { class: "cards" });
  readonly composer: Composer;
  readonly #data: BoardData;
  readonly #id: number;
  readonly #title = h("input", { class: "list-title", maxlength: 200, "aria-label": "List title", spellcheck: "false" });
  readonly #field: LiveField;
  readonly #count = h("span", { class: "list-count" });
  #list: List | undefined;
  #isAdding = false;

  constructor(id: number, data: BoardData) {
    this.#id = id;
    this.#data = data;
    this.#field = new LiveField(this.#title, { save: (title) => saveList(id, { title }), isRequired: true });
    const more = h("button", { type: "button", class: "icon-button", "aria-label": "List actions" }, icon("more"));
    menuOn(more, "List actions", () => this.#actions());
    this.composer = new Composer({ open: "Add a card", label: "What needs doing?", submit: "Add card", add: (title) => this.#add(title) });
    const header = h("header", { class: "list-head" }, h("h2", {}, this.#title), this.#count, more);
    const empty = h("p", { class: "list-empty" }, "No cards yet");
    this.element = h("section", { class: "list", "data-list": id }, header, this.cards, empty, this.composer.element);
  }

  update({ list, cards }: ListModel): void {
    if (list !== this.#list) {
      this.#list = list;
      this.#field.show(list.title);
      setAttribute(this.element, "aria-label", list.title);
    }
    if (this.#isAdding && cards.length > Number(this.#count.textContent)) {
      this.#isAdding = false;
      requestAnimationFrame(() => this.cards.scrollTo({ top: this.cards.scrollHeight }));
    }
    setText(this.#count, String(cards.length));
    setAttribute(this.#count, "title", count(cards.length, "card"));
    setClass(this.element, "empty", cards.length === 0);
  }

  #actions(): readonly MenuItem[] {
    const lists = this.#data.lists();
    const at = lists.findIndex((list) => list.id === this.#id);
    const items: MenuItem[] = [
      { label: "Add a card", run: () => this.composer.open() },
      { label: "Rename", run: () => this.#title.select() },
    ];
    if (at > 0) items.push({ label: "Move left", run: () => this.#moveTo(at - 1) });
    if (at < lists.length - 1) items.push({ label: "Move right", run: () => this.#moveTo(at + 1) });
    items.push({ label: "Delete list…", isDanger: true, run: () => void this.#delete() });
    return items;
  }

  #moveTo(index: number): void {
    const others = this.#data.lists().filter((list) => list.id !== this.#id);
    const position = between(others[index - 1]?.position, others[index]?.position);
    if (position !== undefined) void saveList(this.#id, { position });
    else void saveListOrder(others.map((list) => list.id).toSpliced(index, 0, this.#id));
  }

  async #delete(): Promise<void> {
    const list = this.#data.lists().find((other) => other.id === this.#id);
    if (list === undefined) return;
    const cards = this.#data.cards.filter((card) => card.listId === this.#id).length;
    const detail = cards === 0 ? "It has no cards." : `Its ${count(cards, "card")} will be deleted with it. This cannot be undone.`;
    if (await confirmed(`Delete “${list.title}”?`, detail, "Delete list")) await deleteList(this.#id);
  }

  #add(title: string): Promise<boolean> {
    const positions = this.#data.cards.filter((card) => card.listId === this.#id).map((card) => card.position);
    const last = positions.length === 0 ? undefined : Math.max(...positions);
    this.#isAdding = true;
    return addCard(this.#id, title, between(last, undefined) ?? 1);
  }
}
