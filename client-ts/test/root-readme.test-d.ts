// The code of the repository's README.md, compiled by `npm run test:types`.
interface BoardSchema {
  Card: { row: { id: number; listId: number; title: string; position: number }; key: number; relations: {} };
}
declare function render(cards: readonly BoardSchema["Card"]["row"][]): void;
declare function renderTitle(title: string): void;

// README begin
import { createLiveHub } from "@livehub/client";

const live = createLiveHub<BoardSchema>("/live");

const cards = live.all("Card", { where: { listId: 7 }, orderBy: { position: "asc" } });
cards.subscribe(() => render(cards.rows));             // after every transaction that changes them
const card = live.one("Card", 42);
card.subscribe(() => renderTitle(card.row?.title ?? "deleted"));
