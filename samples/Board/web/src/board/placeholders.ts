import type { BoardData } from "../data/board-data.js";
import { boards } from "../data/hub.js";
import { addressOf } from "../route.js";
import { h } from "../ui/dom.js";

const cardsInSkeleton = [4, 3, 5, 2];

/** What stands in for a board until its rows are here. */
export function skeleton(): HTMLElement {
  const columns = cardsInSkeleton.map((n) =>
    h("div", { class: "list skeleton" }, h("div", { class: "bone title" }), ...Array.from({ length: n }, () => h("div", { class: "bone card-bone" }))),
  );
  return h("div", { class: "lists", "aria-busy": "true", "aria-label": "The board is loading" }, ...columns);
}

/** What is shown in place of a board that cannot be shown. */
export function boardNotice(data: BoardData): HTMLElement | undefined {
  if (data.error !== undefined) {
    const reload = h("button", { type: "button", class: "button primary", onclick: () => location.reload() }, "Reload the page");
    return notice("This board cannot be shown", data.error.message, reload);
  }
  if (data.isLoading || data.exists) return undefined;
  const links = boards.rows.map((board) => h("a", { href: addressOf(board.id), class: "button quiet" }, board.name));
  return notice("There is no such board", "It may have been deleted. Choose another:", ...links);
}

export function notice(title: string, text: string, ...actions: readonly HTMLElement[]): HTMLElement {
  return h("div", { class: "notice" }, h("h2", {}, title), h("p", {}, text), h("div", { class: "row" }, ...actions));
}
