import { BoardData } from "../data/board-data.js";
import { addList } from "../data/commands.js";
import { between } from "../data/positions.js";
import type { Card } from "../schema.js";
import { arrange, keepingFocus } from "../ui/arrange.js";
import { h, setClass } from "../ui/dom.js";
import { framed } from "../ui/frame.js";
import { gliding } from "../ui/motion.js";
import { Views } from "../ui/views.js";
import { BoardKeys } from "./board-keys.js";
import { cardModel, listsOf, type CardModel, type ListModel } from "./board-model.js";
import { CardView } from "./card-view.js";
import { Composer } from "./composer.js";
import { enableDrag } from "./drag.js";
import { ListView } from "./list-view.js";
import { Moves } from "./moves.js";
import { boardNotice, skeleton } from "./placeholders.js";

export interface BoardViewOptions {
  readonly openCard: (cardId: number) => void;
  /** Called after each rendering. */
  readonly rendered: () => void;
}

/** One board: keeps the page equal to the live rows, touching only what differs. */
export class BoardView {
  readonly element = h("main", { class: "board", tabindex: -1 });
  readonly data: BoardData;
  readonly #moves: Moves;
  readonly #lists: Views<number, ListModel>;
  readonly #cards: Views<number, CardModel>;
  readonly #columns = new Map<number, ListView>();
  readonly #strip = h("div", { class: "lists" });
  readonly #hint = h("p", { class: "list-hint", hidden: true }, "This board is empty. Begin with a list, such as “To do”.");
  readonly #keys: BoardKeys;
  readonly #options: BoardViewOptions;
  readonly #stopDrag: () => void;
  /** Whether a change from here on is something that happened, not the board filling in. */
  #isNews = false;
  #isClosed = false;
  /** The ids of lists and cards as they were placed last. */
  #order = "";

  constructor(boardId: number, options: BoardViewOptions) {
    this.#options = options;
    const render = framed(() => this.#render());
    this.data = new BoardData(boardId, render);
    this.#moves = new Moves(this.data, render);
    this.#lists = new Views((id) => this.#makeList(id));
    this.#cards = new Views((id) => new CardView(id, this.tick, () => this.#isNews));
    this.#keys = new BoardKeys({
      board: this.element,
      data: this.data,
      moves: this.#moves,
      lists: () => listsOf(this.data, this.#moves),
      elementOf: (cardId) => this.#cards.elementOf(cardId),
      openCard: options.openCard,
      addCard: (listId) => this.#columns.get(listId)?.composer.open(),
    });
    this.#stopDrag = enableDrag(this.element, this.#moves);
    this.element.addEventListener("click", (event) => this.#onClick(event));
    const adder = new Composer({ open: "Add a list", label: "Name of the list", submit: "Add list", add: (title) => this.#addList(title) });
    this.element.append(skeleton());
    this.#strip.append(h("div", { class: "list-add" }, this.#hint, adder.element));
    render();
  }

  readonly tick = (card: Card, done: boolean): void => void this.#moves.tick(card, done);

  /** Whether a card is shown as done, which may be ahead of its row. */
  doneOf(cardId: number): boolean | undefined {
    const card = this.data.cardsById().get(cardId);
    return card === undefined ? undefined : (this.#moves.ticks.of(card) ?? card.done);
  }

  /** Marks the card that is open beside the board. */
  markOpen(cardId: number | undefined): void {
    for (const element of this.#cards.elements()) setClass(element, "open", element.dataset.card === String(cardId));
  }

  /** Gives the focus to a card, or to the board where the card is gone. */
  focusCard(cardId: number): void {
    (this.#cards.elementOf(cardId) ?? this.element).focus();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopDrag();
    this.#keys.close();
    this.data.close();
    this.element.remove();
  }

  #render(): void {
    if (this.#isClosed) return;
    const notice = boardNotice(this.data);
    if (notice !== undefined) {
      if (this.element.textContent !== notice.textContent) this.element.replaceChildren(notice);
    } else if (this.data.isLoading && !this.#strip.isConnected) return;
    else this.#renderLists();
    this.#options.rendered();
  }

  #renderLists(): void {
    if (!this.#strip.isConnected) this.element.replaceChildren(this.#strip);
    const lists = listsOf(this.data, this.#moves);
    const order = JSON.stringify(lists.map(({ list, cards }) => [list.id, cards.map((card) => card.id)]));
    const place = (): void => keepingFocus(() => this.#place(lists));
    if (order === this.#order) place();
    else gliding(this.#cards.elements(), place);
    this.#order = order;
    this.#keys.afterRender();
    this.#isNews ||= !this.data.isFillingIn;
  }

  #place(lists: readonly ListModel[]): void {
    const columns = lists.map((model) => this.#lists.show(model.list.id, model));
    arrange(this.#strip, [...columns, this.#strip.querySelector(".list-add") as Element]);
    this.#hint.hidden = lists.length > 0;
    const shown = new Set<number>();
    for (const { list, cards } of lists) {
      const elements = cards.map((card) => {
        shown.add(card.id);
        return this.#cards.show(card.id, cardModel(this.data, card, this.#moves));
      });
      arrange((this.#columns.get(list.id) as ListView).cards, elements);
    }
    this.#keys.beforeRemoval(shown);
    this.#cards.keepOnly(shown);
    this.#lists.keepOnly(new Set(lists.map(({ list }) => list.id)));
  }

  #makeList(id: number): ListView {
    const view = new ListView(id, this.data);
    this.#columns.set(id, view);
    return view;
  }

  #addList(title: string): Promise<boolean> {
    return addList(this.data.boardId, title, between(this.data.lists().at(-1)?.position, undefined) ?? 1);
  }

  #onClick(event: Event): void {
    if (!(event.target instanceof Element) || event.target.closest(".tick") !== null) return;
    const id = event.target.closest<HTMLElement>(".card")?.dataset.card;
    if (id !== undefined) this.#options.openCard(Number(id));
  }
}
