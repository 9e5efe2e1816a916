import { createComponent, isServer, renderToString, ssr } from "solid-js/web";
import { render } from "svelte/server";
import { expect, test, vi } from "vitest";
import { createLive } from "../src/solid.js";
import { Board } from "./support/board.js";
import { turn } from "./support/fake-server.js";
import List from "./svelte/List.svelte";
import Store from "./svelte/Store.svelte";

// React and Vue are the same code in a browser and on a server: their tests render on the server, too.

test("Svelte: on the server useLive is loading and nothing is opened", async () => {
  const board = await Board.open();
  const opened = vi.spyOn(board, "cards");
  const { body } = await render(List, { props: { board, listId: 1 } });
  expect(body).toContain("<p>loading</p>");
  expect(opened).not.toHaveBeenCalled();
  await board.close();
});

test("Svelte: on the server a store is closed with the rendering, before anything is said", async () => {
  const board = await Board.open();
  const { body } = await render(Store, { props: { board } });
  await turn();
  expect([body, board.asked]).toEqual([expect.stringContaining("<p>loading 0</p>"), []]);
  await board.close();
});

test("Solid: on the server it is loading and nothing is opened", async () => {
  expect(isServer).toBe(true);
  const board = await Board.open();
  const opened = vi.spyOn(board, "cards");
  const List = () => {
    const cards = createLive(() => board.cards(1));
    return ssr(["<p>", "</p>"], cards().status) as unknown as string;
  };
  expect(renderToString(() => createComponent(List, {}))).toBe("<p>loading</p>");
  expect(opened).not.toHaveBeenCalled();
  await board.close();
});
