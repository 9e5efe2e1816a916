import { afterEach, beforeEach, expect, test } from "vitest";
import { following, type LiveSource, type LiveState } from "../src/follow.js";
import { Board, card } from "./support/board.js";
import { turn } from "./support/fake-server.js";

let board: Board;

beforeEach(async () => {
  board = await Board.open();
});

afterEach(() => board.close());

/** Counts how often somebody looks at a source. */
function counted<State extends LiveState>(source: LiveSource<State>): LiveSource<State> & { looks: number } {
  return {
    looks: 0,
    get state() {
      this.looks++;
      return source.state;
    },
    subscribe: source.subscribe,
    close: source.close,
  };
}

test("all that a step changed is shown in one batch, before what depends on it runs", async () => {
  let batches = 0;
  const follow = following((showAll) => {
    batches++;
    showAll();
  });
  const [a, b] = [board.cards(1), board.cards(2)];
  const shown = new Map<number, number>();
  const ends = [follow(a, ({ rows }) => shown.set(1, rows.length)), follow(b, ({ rows }) => shown.set(2, rows.length))];
  await turn();
  board.answer([1, card(1, 1)], [2]);
  expect([batches, Object.fromEntries(shown)]).toEqual([1, { 1: 1, 2: 0 }]);
  board.move(1, 1, 2, 1);
  expect([batches, Object.fromEntries(shown)]).toEqual([2, { 1: 0, 2: 1 }]);
  ends[0]?.();
  board.move(1, 2, 1, 2);
  expect([batches, Object.fromEntries(shown)]).toEqual([3, { 1: 0, 2: 0 }]);
});

test("what is closed or followed no more is looked at no more", async () => {
  const follow = following((showAll) => showAll());
  const statuses: string[] = [];
  const closed = counted(board.cards(1));
  const left = counted(board.cards(2));
  const late = counted(board.cards(3));
  follow(closed, ({ status }) => statuses.push(status));
  const leave = follow(left, () => {});
  closed.close();
  leave();
  late.close();
  follow(late, () => {});
  const looks = [closed.looks, left.looks, late.looks];
  follow(board.cards(4), () => {});
  await turn();
  board.answer([4, card(1, 4)]);
  expect([closed.looks, left.looks, late.looks]).toEqual(looks);
  expect(statuses).toEqual(["closed"]);
});
