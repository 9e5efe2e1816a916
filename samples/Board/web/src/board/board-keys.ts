import type { BoardData } from "../data/board-data.js";
import { deleteCard, shorten } from "../data/commands.js";
import { announce } from "../ui/announce.js";
import { isTyping } from "../ui/dom.js";
import type { ListModel, Slot } from "./board-model.js";
import { describe, neighbour, placeOf, type Place } from "./grid.js";
import type { Moves } from "./moves.js";

interface BoardKeysOptions {
  readonly board: HTMLElement;
  readonly data: BoardData;
  readonly moves: Moves;
  readonly lists: () => readonly ListModel[];
  readonly elementOf: (cardId: number) => HTMLElement | undefined;
  readonly openCard: (cardId: number) => void;
  readonly addCard: (listId: number) => void;
}

/** The board by keyboard: one card has the focus, arrows go on, Space picks it up. */
export class BoardKeys {
  readonly #o: BoardKeysOptions;
  /** The one card that Tab comes to. */
  #current: number | undefined;
  /** The card that the keyboard holds; the pointer has ways of its own. */
  #held: number | undefined;

  constructor(options: BoardKeysOptions) {
    this.#o = options;
    options.board.addEventListener("keydown", (event) => this.#onKey(event));
    options.board.addEventListener("focusin", (event) => {
      const id = cardIdOf(event.target);
      if (id !== undefined) this.#setCurrent(id);
    });
    options.board.addEventListener("pointerdown", () => this.#cancel(), { capture: true });
  }

  close(): void {
    this.#held = undefined;
  }

  /** Before cards go: the focus moves on from one that goes to its neighbour. */
  beforeRemoval(staying: ReadonlySet<number>): void {
    if (this.#held !== undefined && !staying.has(this.#held)) {
      this.#cancel();
      announce("The card was deleted by someone else.");
    }
    if (this.#current === undefined || staying.has(this.#current)) return;
    const element = this.#o.elementOf(this.#current);
    const hadFocus = element === document.activeElement;
    const neighbours = [element?.nextElementSibling, element?.previousElementSibling].map((other) => cardIdOf(other ?? null));
    this.#setCurrent(neighbours.find((id) => id !== undefined && staying.has(id)));
    if (hadFocus) this.#focus(this.#current);
  }

  afterRender(): void {
    if (this.#held !== undefined) this.#o.elementOf(this.#held)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (this.#current !== undefined && this.#o.elementOf(this.#current) !== undefined) return;
    this.#setCurrent(this.#o.lists().find((list) => list.cards.length > 0)?.cards[0]?.id);
  }

  #setCurrent(id: number | undefined): void {
    if (this.#current !== undefined) this.#o.elementOf(this.#current)?.setAttribute("tabindex", "-1");
    this.#current = id;
    if (id !== undefined) this.#o.elementOf(id)?.setAttribute("tabindex", "0");
  }

  #focus(id: number | undefined): void {
    const element = id === undefined ? undefined : this.#o.elementOf(id);
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #onKey(event: KeyboardEvent): void {
    const id = cardIdOf(event.target);
    if (id === undefined || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const done = this.#held === id ? this.#whileHeld(event.key, id) : this.#whileFocused(event.key, id);
    if (done) event.preventDefault();
    if (done && event.key === "Escape") event.stopPropagation();
  }

  #whileFocused(key: string, id: number): boolean {
    const lists = this.#o.lists();
    const at = placeOf(lists, id);
    const card = this.#o.data.cardsById().get(id);
    if (at === undefined || card === undefined) return false;
    if (key === "Enter") this.#o.openCard(id);
    else if (key === " ") this.#pickUp(id, lists, at);
    else if (key === "x" || key === "X") void this.#o.moves.tick(card, !card.done);
    else if (key === "n" || key === "N") this.#o.addCard(card.listId);
    else if (key === "Delete") void deleteCard(card);
    else if (key.startsWith("Arrow")) this.#focus(neighbour(lists, at, key));
    else return false;
    return true;
  }

  #whileHeld(key: string, id: number): boolean {
    const lists = this.#o.lists();
    const at = placeOf(lists, id);
    if (at === undefined) return false;
    if (key === "Escape" || key === "Tab") this.#cancel();
    else if (key === "Enter" || key === " ") {
      this.#held = undefined;
      void this.#o.moves.drop();
      announce(`Dropped. ${describe(lists, at)}`);
    } else if (key.startsWith("Arrow")) this.#carry(id, lists, at, key);
    else return false;
    return true;
  }

  #pickUp(id: number, lists: readonly ListModel[], at: Place): void {
    const cards = lists[at.column]?.cards ?? [];
    this.#held = id;
    this.#o.moves.hold(id, { listId: lists[at.column]?.list.id ?? 0, beforeId: cards[at.row + 1]?.id });
    const title = shorten(cards[at.row]?.title ?? "");
    announce(`Picked up ${title}. ${describe(lists, at)} Arrow keys move it, Enter drops it, Escape puts it back.`);
  }

  #carry(id: number, lists: readonly ListModel[], at: Place, key: string): void {
    const column = at.column + (key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0);
    const list = lists[column];
    if (list === undefined) return;
    const others = list.cards.filter((card) => card.id !== id);
    const row = Math.max(0, Math.min(others.length, at.row + (key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0)));
    const slot: Slot = { listId: list.list.id, beforeId: others[row]?.id };
    this.#o.moves.hold(id, slot);
    announce(describe(this.#o.lists(), { column, row }));
  }

  #cancel(): void {
    if (this.#held === undefined) return;
    this.#held = undefined;
    this.#o.moves.cancel();
    announce("Put back.");
  }
}

function cardIdOf(target: EventTarget | null): number | undefined {
  const id = target instanceof HTMLElement ? target.dataset.card : undefined;
  return id === undefined ? undefined : Number(id);
}
