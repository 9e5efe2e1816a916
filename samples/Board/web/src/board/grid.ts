import type { ListModel } from "./board-model.js";

/** Where a card is on the board: which list, and which card of it. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

export function placeOf(lists: readonly ListModel[], id: number): Place | undefined {
  const column = lists.findIndex((list) => list.cards.some((card) => card.id === id));
  return column < 0 ? undefined : { column, row: lists[column]?.cards.findIndex((card) => card.id === id) ?? 0 };
}

export function neighbour(lists: readonly ListModel[], { column, row }: Place, key: string): number | undefined {
  if (key === "ArrowUp") return lists[column]?.cards[Math.max(0, row - 1)]?.id;
  if (key === "ArrowDown") return lists[column]?.cards[row + 1]?.id;
  const side = key === "ArrowRight" ? lists.slice(column + 1) : lists.slice(0, column).reverse();
  const next = side.find((list) => list.cards.length > 0);
  return next?.cards[Math.min(row, next.cards.length - 1)]?.id;
}

export function describe(lists: readonly ListModel[], { column, row }: Place): string {
  const list = lists[column];
  return `Position ${row + 1} of ${list?.cards.length ?? 0} in ${list?.list.title ?? ""}.`;
}
