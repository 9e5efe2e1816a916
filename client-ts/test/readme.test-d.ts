// The code of README.md, compiled by `npm run test:types`.
import { createLiveHub } from "@livehub/client";

interface BoardSchema {
  Card: { row: { id: number; listId: number; title: string; position: number }; key: number; relations: {} };
}

const live = createLiveHub<BoardSchema>("/live");

const cards = live.all("Card", { where: { listId: 7 }, orderBy: { position: "asc" } });
const stop = cards.subscribe(() => {
  console.log(cards.status, cards.rows.map((card) => card.title));
});

const card = live.one("Card", 42, { columns: ["title"] });
await card.ready;
console.log(card.row?.title);

stop();
cards.close();
await live.close();
