import { computed, effect, signal } from "@preact/signals-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { liveSignal } from "../src/signals.js";
import { Board, card, type Card } from "./support/board.js";
import { turn } from "./support/fake-server.js";

let board: Board;
const ends: (() => void)[] = [];

beforeEach(async () => {
  board = await Board.open();
});

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await board.close();
});

/** Runs in an effect until the test ends, or until what it returns is called. */
function watching(what: () => void): () => void {
  const end = effect(what);
  ends.push(end);
  return end;
}

describe("of a collection", () => {
  test("follows it, watched or not, and leaves it open", async () => {
    const cards = board.cards(1);
    const state = liveSignal(cards);
    expect(state.value.status).toBe("loading");
    await turn();
    board.answer([1, card(1, 1)]);
    expect(state.value).toBe(cards.state);
    const rows = state.value.rows;
    const seen: unknown[] = [];
    const end = watching(() => seen.push(state.value));
    board.link.step({ key: 2, version: 1, row: card(2, 1), insert: [1] });
    expect(seen).toHaveLength(2);
    expect(state.value.rows[0]).toBe(rows[0]);
    end();
    await turn();
    expect(board.ended).toEqual([]);
    cards.close();
    expect(state.value.status).toBe("closed");
  });

  test("the same collection has the same signal", () => {
    const cards = board.cards(1);
    expect(liveSignal(cards)).toBe(liveSignal(cards));
    expect(liveSignal(board.cards(1))).not.toBe(liveSignal(cards));
  });

  test("a closed one stays closed", () => {
    const cards = board.cards(1);
    cards.close();
    expect(liveSignal(cards).value.status).toBe("closed");
  });
});

describe("of a function that opens one", () => {
  test("is open while it is watched", async () => {
    const state = liveSignal(() => board.cards(1));
    expect(state.value.status).toBe("loading");
    await turn();
    expect(board.asked).toEqual([]);
    const seen: string[] = [];
    const end = watching(() => seen.push(`${state.value.status} ${state.value.rows.length}`));
    const other = watching(() => state.value);
    await turn();
    board.answer([1, card(1, 1)]);
    expect([seen, board.asked]).toEqual([["loading 0", "live 1"], [1]]);
    end();
    await turn();
    expect([board.ended, state.value.status]).toEqual([[], "live"]);
    other();
    await turn();
    expect([board.ended, state.value.status]).toEqual([[1], "loading"]);
    watching(() => state.value);
    await turn();
    expect(board.asked).toEqual([1, 2]);
  });

  test("watched again in the same turn says nothing on the wire", async () => {
    const state = liveSignal(() => board.cards(1));
    const end = watching(() => state.value);
    await turn();
    board.answer([1, card(1, 1)]);
    const messages = board.link.sent.length;
    end();
    watching(() => state.value);
    await turn();
    expect([state.value.status, board.link.sent.length]).toEqual(["live", messages]);
  });

  test("signals that it reads: the former is closed, and none of its rows is seen under the new key", async () => {
    const listId = signal(1);
    const state = liveSignal(() => board.cards(listId.value));
    const mixed: Card[] = [];
    const seen: string[] = [];
    watching(() => {
      mixed.push(...state.value.rows.filter((row) => row.listId !== listId.value));
      seen.push(`${listId.value} ${state.value.status}`);
    });
    await turn();
    board.answer([1, card(1, 1)]);
    listId.value = 2;
    await turn();
    expect([board.asked, board.ended]).toEqual([[1, 2], [1]]);
    board.answer([2, card(2, 2)]);
    expect([mixed, seen]).toEqual([[], ["1 loading", "1 live", "2 loading", "2 live"]]);
  });

  test("what others read when it is closed is not what it depends on", async () => {
    const [listId, other] = [signal(1), signal(0)];
    let opened = 0;
    const state = liveSignal(() => {
      opened++;
      const cards = board.cards(listId.value);
      cards.subscribe(() => void other.value);
      return cards;
    });
    watching(() => state.value);
    listId.value = 2;
    other.value = 1;
    expect(opened).toBe(2);
  });

  test("a single row, and what the server refuses", async () => {
    const state = liveSignal(() => board.live.one<Card>("Card", 1));
    watching(() => state.value);
    await turn();
    board.answer([1, card(1, 7)]);
    expect(state.value.row).toEqual(card(1, 7));
    board.link.say({ type: "error", id: 1, code: "not_exposed", message: "No." });
    expect([state.value.status, state.value.error?.code, state.value.row]).toEqual(["failed", "not_exposed", undefined]);
  });
});

test("G5: an effect sees a step over two lists as a whole, once, also through computed signals", async () => {
  const a = liveSignal(board.cards(1));
  const b = liveSignal(() => board.cards(2));
  const [as, bs] = [computed(() => a.value.rows.length), computed(() => b.value.rows.length)];
  const sums: number[] = [];
  watching(() => sums.push(as.value + bs.value));
  await turn();
  board.answer([1, card(1, 1)], [2]);
  sums.length = 0;
  board.move(1, 1, 2, 1);
  board.move(1, 2, 1, 2);
  expect(sums).toEqual([1, 1]);
});
