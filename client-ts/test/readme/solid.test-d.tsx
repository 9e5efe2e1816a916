/** @jsxImportSource solid-js */
// The code of README.md, compiled by `npm run test:types`.
import { live } from "./live.js";

export { List };

// README begin
import { createLive } from "@livehub/client/solid";
import { For } from "solid-js";

function List(props: { listId: number }) {
  const cards = createLive(() => live.all("Card", { where: { listId: props.listId } }));
  return <ul><For each={cards().rows}>{(card) => <li>{card.title}</li>}</For></ul>;
}
