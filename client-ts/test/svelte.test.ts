import { flushSync, mount, tick, unmount, type Component } from "svelte";
import { derived, get } from "svelte/store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { liveStore } from "../src/svelte.js";
import { Board, card, type Card } from "./support/board.js";
import { componentCases } from "./support/component-cases.js";
import { turn } from "./support/fake-server.js";
import List from "./svelte/List.svelte";
import One from "./svelte/One.svelte";
import { props } from "./svelte/props.svelte.js";
import Store from "./svelte/Store.svelte";
import Sum from "./svelte/Sum.svelte";

let board: Board;
let page: HTMLElement;
let shown: Record<string, unknown> | undefined;

beforeEach(async () => {
  board = await Board.open();
  page = document.createElement("main");
});

afterEach(async () => {
  await leave();
  await board.close();
});

function show<P extends Record<string, unknown>>(component: Component<P>, given: P): void {
  shown = mount(component, { target: page, props: given });
}

async function leave(): Promise<void> {
  const was = shown;
  shown = undefined;
  if (was) await unmount(was);
}

describe("useLive", () => {
  componentCases({
    get board() {
      return board;
    },
    get text() {
      return page.textContent;
    },
    list: () => show(List, { board, listId: 1 }),
    one: () => show(One, { board }),
    leave,
    rendered: tick,
  });

  test("is loading, then live; the same rows are the same objects, not proxies", async () => {
    const seen: (readonly Card[])[] = [];
    show(List, { board, listId: 1, seen: (_: number, rows: readonly Card[]) => seen.push(rows) });
    flushSync();
    expect(page.textContent).toBe("loading");
    await turn();
    board.answer([1, card(1, 1)]);
    await tick();
    expect(page.textContent).toBe("live 1");
    board.link.step({ key: 2, version: 1, row: card(2, 1), insert: [1] });
    await tick();
    expect(page.textContent).toBe("live 1 2");
    expect(seen.at(-1)?.[0]).toBe(seen.at(-2)?.[0]);
    expect(seen.at(-1)).toBe(board.cards(1).rows);
  });

  test("other props: the former is closed, and none of its rows is seen under the new key", async () => {
    const mixed: Card[] = [];
    const given = props({ board, listId: 1, seen: (listId: number, rows: readonly Card[]) => mixed.push(...rows.filter((row) => row.listId !== listId)) });
    show(List, given);
    await turn();
    board.answer([1, card(1, 1)]);
    await tick();
    given.listId = 2;
    await tick();
    expect(page.textContent).toBe("loading");
    await turn();
    expect([board.asked, board.ended]).toEqual([[1, 2], [1]]);
    board.answer([2, card(2, 2)]);
    await tick();
    expect([page.textContent, mixed]).toEqual(["live 2", []]);
  });

  test("G5: a step over two lists is seen as a whole, once", async () => {
    const seen: (readonly [a: number, b: number, sum: number])[] = [];
    show(Sum, { board, seen: (a: number, b: number, sum: number) => seen.push([a, b, sum]) });
    await turn();
    board.answer([1, card(1, 1)], [2]);
    await tick();
    seen.length = 0;
    board.move(1, 1, 2, 1);
    await tick();
    expect(seen).toEqual([[0, 1, 1]]);
  });
});

describe("liveStore", () => {
  test("calls at once and after every change; opened for the first subscriber, closed after the last", async () => {
    const cards = liveStore(() => board.cards(1));
    await turn();
    expect(board.asked).toEqual([]);
    const seen: string[] = [];
    const first = cards.subscribe(({ status, rows }) => seen.push(`${status} ${rows.length}`));
    const second = cards.subscribe(() => {});
    expect(seen).toEqual(["loading 0"]);
    await turn();
    board.answer([1, card(1, 1)]);
    expect(seen).toEqual(["loading 0", "live 1"]);
    expect(get(cards).rows).toBe(get(cards).rows);
    first();
    first();
    await turn();
    expect(board.ended).toEqual([]);
    second();
    await turn();
    expect([board.asked, board.ended]).toEqual([[1], [1]]);
    cards.subscribe(() => {})();
    cards.subscribe(() => {});
    await turn();
    expect(board.asked).toEqual([1, 2]);
  });

  test("G5: what is derived from two stores sees a step over both as a whole, once", async () => {
    const [a, b] = [liveStore(() => board.cards(1)), liveStore(() => board.cards(2))];
    const sums: number[] = [];
    const end = derived([a, b], ([a, b]) => ({ sum: a.rows.length + b.rows.length })).subscribe(({ sum }) => sums.push(sum));
    await turn();
    board.answer([1, card(1, 1)], [2]);
    sums.length = 0;
    board.move(1, 1, 2, 1);
    expect(sums).toEqual([1]);
    end();
  });

  test("a subscriber that leaves while others are told is not told", async () => {
    const cards = liveStore(() => board.cards(1));
    const told: string[] = [];
    let leaveSecond = (): void => {};
    const first = cards.subscribe(({ status }) => status === "live" && leaveSecond());
    leaveSecond = cards.subscribe(({ status }) => told.push(status));
    await turn();
    board.answer([1]);
    expect(told).toEqual(["loading"]);
    first();
  });

  test("in a component, with $", async () => {
    show(Store, { board });
    await turn();
    board.answer([1, card(1, 1)]);
    await tick();
    expect(page.textContent).toBe("live 1");
    await leave();
    await turn();
    expect(board.ended).toEqual([1]);
  });
});
