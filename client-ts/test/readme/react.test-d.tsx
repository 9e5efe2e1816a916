// The code of README.md, compiled by `npm run test:types`.
import { live } from "./live.js";

export { List };

// README begin
import { useLive } from "@livehub/client/react";

function List({ listId }: { listId: number }) {
  const { rows, status } = useLive(() => live.all("Card", { where: { listId } }), [listId]);
  return <ul aria-busy={status === "loading"}>{rows.map((card) => <li key={card.id}>{card.title}</li>)}</ul>;
}
