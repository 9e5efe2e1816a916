import { byPosition, type BoardData } from "../data/board-data.js";
import type { Pending } from "../data/pending.js";
import type { Card, Label, List, Member } from "../schema.js";

/** A place for a card: in a list, before another card, or at its end. */
export interface Slot {
  readonly listId: number;
  readonly beforeId: number | undefined;
}

export interface CardModel {
  readonly card: Card;
  readonly done: boolean;
  readonly labels: readonly Label[];
  readonly member: Member | undefined;
  readonly comments: number;
  readonly isLifted: boolean;
}

export interface ListModel {
  readonly list: List;
  readonly cards: readonly Card[];
}

/** What is laid over the live rows: the card in hand, drops and ticks on their way to the database. */
export interface Overlays {
  readonly lifted: { readonly cardId: number; readonly slot: Slot } | undefined;
  readonly moves: Pending<Slot>;
  readonly ticks: Pending<boolean>;
}

/** The board's lists with their cards in the order in which the user sees them. */
export function listsOf(data: BoardData, { lifted, moves }: Overlays): readonly ListModel[] {
  const columns = new Map<number, Card[]>(data.lists().map((list) => [list.id, []]));
  const placed: { card: Card; slot: Slot }[] = [];
  for (const card of [...data.cards].sort(byPosition)) {
    const slot = lifted?.cardId === card.id ? lifted.slot : moves.of(card);
    if (slot !== undefined && columns.has(slot.listId)) placed.push({ card, slot });
    else columns.get(card.listId)?.push(card);
  }
  for (const { card, slot } of placed) {
    const column = columns.get(slot.listId) as Card[];
    const index = column.findIndex((other) => other.id === slot.beforeId);
    column.splice(index < 0 ? column.length : index, 0, card);
  }
  return data.lists().map((list) => ({ list, cards: columns.get(list.id) as Card[] }));
}

export function cardModel(data: BoardData, card: Card, { lifted, ticks }: Overlays): CardModel {
  return {
    card,
    done: ticks.of(card) ?? card.done,
    labels: data.labelsOf(card.id),
    member: card.memberId === null ? undefined : data.members().get(card.memberId),
    comments: data.commentCounts().get(card.id) ?? 0,
    isLifted: lifted?.cardId === card.id,
  };
}

/** Whether both models look the same. */
export function looksSame(a: CardModel, b: CardModel): boolean {
  return (
    a.card === b.card &&
    a.done === b.done &&
    a.member === b.member &&
    a.comments === b.comments &&
    a.isLifted === b.isLifted &&
    a.labels.length === b.labels.length &&
    a.labels.every((label, i) => label === b.labels[i])
  );
}
