import { createMemo, createRenderEffect, createRoot, createSignal, For } from "solid-js";
import { insert, isServer, render } from "solid-js/web";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLive } from "../src/solid.js";
import { Board, card, type Card } from "./support/board.js";
import { turn } from "./support/fake-server.js";

let board: Board;
let dispose = (): void => {};

beforeEach(async () => {
  board = await Board.open();
});

afterEach(async () => {
  dispose();
  dispose = () => {};
  await board.close();
});

/** Runs in a root until the test ends. */
function rooted<T>(what: () => T): T {
  return createRoot((end) => {
    dispose = end;
    return what();
  });
}

test("these are the browser's builds", () => expect(isServer).toBe(false));

test("is loading, then live; the same rows are the same objects", async () => {
  const cards = rooted(() => createLive(() => board.cards(1)));
  expect([cards().status, cards().rows]).toEqual(["loading", []]);
  await turn();
  board.answer([1, card(1, 1)]);
  const [before] = cards().rows;
  board.link.step({ key: 2, version: 1, row: card(2, 1), insert: [1] });
  expect([cards().status, cards().rows.length]).toEqual(["live", 2]);
  expect(cards().rows[0]).toBe(before);
});

test("a list on a page keeps the elements of the rows that stay", async () => {
  const page = document.createElement("main");
  dispose = render(() => {
    const cards = createLive(() => board.cards(1));
    return For({
      get each() {
        return cards().rows;
      },
      children: ({ id }) => {
        const item = document.createElement("i");
        insert(item, String(id));
        return item;
      },
    });
  }, page);
  await turn();
  board.answer([1, card(1, 1)]);
  const first = page.firstElementChild;
  board.link.step({ key: 2, version: 1, row: card(2, 1), insert: [1] });
  expect(page.textContent).toBe("12");
  expect(page.firstElementChild).toBe(first);
});

test("signals: the former is closed, and none of its rows is seen under the new key", async () => {
  const [listId, setListId] = createSignal(1);
  const mixed: Card[] = [];
  const cards = rooted(() => {
    const cards = createLive(() => board.cards(listId()));
    createRenderEffect(() => mixed.push(...cards().rows.filter((row) => row.listId !== listId())));
    return cards;
  });
  await turn();
  board.answer([1, card(1, 1)]);
  setListId(2);
  expect(cards().status).toBe("loading");
  await turn();
  expect([board.asked, board.ended]).toEqual([[1, 2], [1]]);
  board.answer([2, card(2, 2)]);
  expect([cards().rows, mixed]).toEqual([[card(2, 2)], []]);
});

test("the same target again says nothing on the wire", async () => {
  const [key, setKey] = createSignal(1);
  const statuses: string[] = [];
  rooted(() => {
    const cards = createLive(() => (key(), board.cards(1)));
    createRenderEffect(() => statuses.push(cards().status));
  });
  await turn();
  board.answer([1, card(1, 1)]);
  const messages = board.link.sent.length;
  setKey(2);
  await turn();
  expect([statuses, board.link.sent.length]).toEqual([["loading", "live", "live"], messages]);
});

test("closes with its owner", async () => {
  rooted(() => createLive(() => board.cards(1)));
  await turn();
  dispose();
  await turn();
  expect([board.asked, board.ended]).toEqual([[1], [1]]);
});

test("G5: an effect sees a step over two lists as a whole, once, also through memos", async () => {
  const sums: number[] = [];
  rooted(() => {
    const [a, b] = [createLive(() => board.cards(1)), createLive(() => board.cards(2))];
    const [as, bs] = [createMemo(() => a().rows.length), createMemo(() => b().rows.length)];
    createRenderEffect(() => sums.push(as() + bs()));
  });
  await turn();
  board.answer([1, card(1, 1)], [2]);
  sums.length = 0;
  board.move(1, 1, 2, 1);
  board.move(1, 2, 1, 2);
  expect(sums).toEqual([1, 1]);
});

test("a single row, and what the server refuses", async () => {
  const one = rooted(() => createLive(() => board.live.one<Card>("Card", 1)));
  await turn();
  board.answer([1, card(1, 7)]);
  expect(one().row).toEqual(card(1, 7));
  board.link.say({ type: "error", id: 1, code: "not_exposed", message: "No." });
  expect([one().status, one().error?.code, one().row]).toEqual(["failed", "not_exposed", undefined]);
});
