import type { Slot } from "./board-model.js";

/** The place that a point on the board means: in the list at its side, the gap that the card would fill nearest to the point. */
export function slotAt(board: HTMLElement, card: HTMLElement, x: number, y: number): Slot | undefined {
  const list = nearestList(board, x);
  const cards = list?.querySelector<HTMLElement>(".cards");
  if (list === undefined || cards === null || cards === undefined) return undefined;
  const at = y - cards.getBoundingClientRect().top + cards.scrollTop;
  const before = nearestGap(cards, card, at);
  return { listId: Number(list.dataset.list), beforeId: before === undefined ? undefined : Number(before.dataset.card) };
}

/**
 * The card before which the gap lies, undefined for the end. Gaps are where they would be if the card in hand were in none of them, so
 * that a point always means the same gap, whatever way the pointer came. Offsets, not boxes: cards that still glide count as arrived.
 */
function nearestGap(cards: HTMLElement, held: HTMLElement, at: number): HTMLElement | undefined {
  const { children } = cards;
  const space = parseFloat(getComputedStyle(cards).rowGap) || 0;
  let before: HTMLElement | undefined;
  let least = Infinity;
  let shift = 0;
  let end = held.offsetHeight / 2;
  const consider = (middle: number, card: HTMLElement | undefined): void => {
    const distance = Math.abs(middle - at);
    if (distance < least) [least, before] = [distance, card];
  };
  for (const other of children) {
    if (!(other instanceof HTMLElement)) continue;
    if (other === held) {
      shift = held.offsetHeight + space;
      continue;
    }
    consider(other.offsetTop - shift + held.offsetHeight / 2, other);
    end = other.offsetTop - shift + other.offsetHeight + space + held.offsetHeight / 2;
  }
  consider(end, undefined);
  return before;
}

function nearestList(board: HTMLElement, x: number): HTMLElement | undefined {
  let nearest: HTMLElement | undefined;
  let least = Infinity;
  for (const list of board.querySelectorAll<HTMLElement>(".list[data-list]")) {
    const { left, right } = list.getBoundingClientRect();
    const distance = Math.max(left - x, x - right, 0);
    if (distance < least) [nearest, least] = [list, distance];
  }
  return nearest;
}
