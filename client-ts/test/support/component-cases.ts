import { expect, test } from "vitest";
import { Board, card } from "./board.js";
import { turn } from "./fake-server.js";

/** A binding's components, one shown at a time. */
export interface Shown {
  readonly board: Board;
  /** What the page says: status, the rows' ids and the error's code. */
  readonly text: string | null;
  /** Shows the cards of list 1. */
  list(): void;
  /** Shows status and list of card 1. */
  one(): void;
  /** What is shown leaves. */
  leave(): void | Promise<void>;
  /** What has changed is rendered. */
  rendered(): Promise<void>;
}

/** What a component shows of a collection, whatever the framework. */
export function componentCases(shown: Shown): void {
  test("rows that are here already are in the first rendering", async () => {
    shown.board.cards(1);
    await turn();
    shown.board.answer([1, card(1, 1)]);
    shown.list();
    expect(shown.text).toBe("live 1");
  });

  test("closes with the component", async () => {
    shown.list();
    await turn();
    await shown.leave();
    await turn();
    expect([shown.board.asked, shown.board.ended]).toEqual([[1], [1]]);
  });

  test("what the server refuses is failed, with its error", async () => {
    shown.list();
    await turn();
    shown.board.link.say({ type: "error", id: 1, code: "not_exposed", message: "No." });
    await shown.rendered();
    expect(shown.text).toBe("failed not_exposed");
  });

  test("a single row", async () => {
    shown.one();
    await turn();
    shown.board.answer([1, card(1, 7)]);
    await shown.rendered();
    expect(shown.text).toBe("live 7");
  });
}
