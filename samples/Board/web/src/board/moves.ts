import { byPosition, type BoardData } from "../data/board-data.js";
import { saveCard, saveOrder } from "../data/commands.js";
import { Pending } from "../data/pending.js";
import { between } from "../data/positions.js";
import type { Card } from "../schema.js";
import type { Overlays, Slot } from "./board-model.js";

/** A card in hand, by pointer or keyboard, and drops and ticks that the database has not confirmed yet. */
export class Moves implements Overlays {
  readonly moves = new Pending<Slot>();
  readonly ticks = new Pending<boolean>();
  readonly #data: BoardData;
  readonly #changed: () => void;
  #lifted: { readonly cardId: number; readonly slot: Slot } | undefined;

  constructor(data: BoardData, changed: () => void) {
    this.#data = data;
    this.#changed = changed;
  }

  get lifted(): { readonly cardId: number; readonly slot: Slot } | undefined {
    return this.#lifted;
  }

  /** Takes a card up, or holds the one in hand over another place. */
  hold(cardId: number, slot: Slot): void {
    const held = this.#lifted;
    if (held?.cardId === cardId && held.slot.listId === slot.listId && held.slot.beforeId === slot.beforeId) return;
    this.#lifted = { cardId, slot };
    this.#changed();
  }

  cancel(): void {
    this.#lifted = undefined;
    this.#changed();
  }

  /** Puts the card in hand down; it stays there until its live row says where it is. */
  async drop(): Promise<void> {
    const held = this.#lifted;
    this.#lifted = undefined;
    const card = held === undefined ? undefined : this.#data.cardsById().get(held.cardId);
    if (held === undefined || card === undefined || this.#isAt(card, held.slot)) {
      this.#changed();
      return;
    }
    const end = this.moves.begin(card.id, held.slot);
    this.#changed();
    await this.#save(card, held.slot);
    end();
    this.#changed();
  }

  async tick(card: Card, done: boolean): Promise<void> {
    const end = this.ticks.begin(card.id, done);
    this.#changed();
    await saveCard(card.id, { done });
    end();
    this.#changed();
  }

  #save(card: Card, { listId, beforeId }: Slot): Promise<boolean> {
    const others = this.#others(card, listId);
    const index = indexOf(others, beforeId);
    const position = between(others[index - 1]?.position, others[index]?.position);
    if (position !== undefined) return saveCard(card.id, { listId, position });
    return saveOrder(listId, others.map((other) => other.id).toSpliced(index, 0, card.id));
  }

  #isAt(card: Card, { listId, beforeId }: Slot): boolean {
    if (card.listId !== listId) return false;
    const others = this.#others(card, listId);
    const index = others.filter((other) => byPosition(other, card) < 0).length;
    return index === indexOf(others, beforeId);
  }

  #others(card: Card, listId: number): readonly Card[] {
    return this.#data.cards.filter((other) => other.listId === listId && other.id !== card.id).sort(byPosition);
  }
}

function indexOf(cards: readonly Card[], beforeId: number | undefined): number {
  const index = cards.findIndex((card) => card.id === beforeId);
  return index < 0 ? cards.length : index;
}
