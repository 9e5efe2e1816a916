// @vitest-environment happy-dom
import {
  act, Activity, Component, createElement as h, startTransition, StrictMode, Suspense, use, useLayoutEffect, useState, type FunctionComponent, type ReactNode,
} from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from "vitest";
import type { CollectionState } from "../src/index.js";
import { useCollection, useHubStatus, useLive } from "../src/react.js";
import { Board, card, type Card } from "./support/board.js";
import { turn } from "./support/fake-server.js";

let board: Board;
let root: Root;
let page: HTMLElement;

/** What React complains of. */
let errors: MockInstance<typeof console.error>;

/** What was rendered, committed or not. */
let renders: { readonly listId: number; readonly state: CollectionState<Card> }[];

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  board = await Board.open();
  page = document.createElement("main");
  root = createRoot(page);
  renders = [];
  errors = vi.spyOn(console, "error");
});

afterEach(async () => {
  await act(async () => root.unmount());
  await board.close();
  expect(errors.mock.calls).toEqual([]);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const text = ({ rows, status, error }: CollectionState<Card>): string => [status, ...rows.map(({ id }) => id), ...(error ? [error.code] : [])].join(" ");

const List: FunctionComponent<{ readonly listId: number }> = ({ listId }) => {
  const state = useLive(() => board.cards(listId), [listId]);
  renders.push({ listId, state });
  return h("p", null, text(state));
};

const show = (node: ReactNode): Promise<void> => act(async () => root.render(node));
const said = (what: () => void): Promise<void> => act(async () => what());

describe("useLive", () => {
  test("is loading, then live; the same rows are the same objects", async () => {
    await show(h(List, { listId: 1 }));
    expect([page.textContent, board.asked, renders.length]).toEqual(["loading", [1], 1]);
    await said(() => board.answer([1, card(1, 1), card(2, 1)]));
    expect(page.textContent).toBe("live 1 2");
    const before = renders.at(-1)?.state.rows;
    await said(() => board.link.step({ key: 3, version: 1, row: card(3, 1), insert: [1] }));
    expect(page.textContent).toBe("live 1 2 3");
    const after = renders.at(-1)?.state.rows;
    expect(after?.[0]).toBe(before?.[0]);
    expect(after?.[1]).toBe(before?.[1]);
  });

  test("a rendering for another reason opens nothing and has the same state", async () => {
    await show(h(List, { listId: 1 }));
    await said(() => board.answer([1, card(1, 1)]));
    const opened = vi.spyOn(board, "cards");
    const before = renders.at(-1)?.state;
    await show(h(List, { listId: 1 }));
    expect(renders.at(-1)?.state).toBe(before);
    expect(opened).not.toHaveBeenCalled();
  });

  test("closes with the component: the server is told once", async () => {
    await show(h(List, { listId: 1 }));
    await said(() => board.answer([1, card(1, 1)]));
    await show(null);
    await turn();
    expect(board.ended).toEqual([1]);
  });

  test("another list: the former is closed, and none of its rows is rendered under the new key", async () => {
    await show(h(List, { listId: 1 }));
    await said(() => board.answer([1, card(1, 1)]));
    renders = [];
    await show(h(List, { listId: 2 }));
    await turn();
    expect([page.textContent, board.asked, board.ended]).toEqual(["loading", [1, 2], [1]]);
    await said(() => board.answer([2, card(2, 2)]));
    expect(page.textContent).toBe("live 2");
    expect(renders.every(({ listId, state }) => state.rows.every((row) => row.listId === listId))).toBe(true);
  });

  test("the same target again after a change of deps says nothing on the wire and shows its rows before the next paint", async () => {
    const painted: (string | null)[] = [];
    const Same: FunctionComponent<{ readonly key_: number }> = ({ key_ }) => h("p", null, text(useLive(() => board.cards(1), [key_])));
    await show(h(Same, { key_: 1 }));
    await said(() => board.answer([1, card(1, 1)]));
    const messages = board.link.sent.length;
    vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
    new MutationObserver(() => painted.push(page.textContent)).observe(page, { subtree: true, characterData: true, childList: true });
    root.render(h(Same, { key_: 2 }));
    await turn();
    await turn();
    vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
    expect([page.textContent, board.link.sent.length]).toEqual(["live 1", messages]);
    expect(painted).not.toContain("loading");
  });

  test("StrictMode mounts twice: one subscription, nothing ended, and it goes with the component", async () => {
    await show(h(StrictMode, null, h(List, { listId: 1 })));
    await said(() => board.answer([1, card(1, 1)]));
    expect([page.textContent, board.asked, board.ended]).toEqual(["live 1", [1], []]);
    await said(() => board.move(1, 1, 99, 1));
    expect(page.textContent).toBe("live");
    await show(null);
    await turn();
    expect([board.asked, board.ended]).toEqual([[1], [1]]);
  });

  test("a rendering that is thrown away opens nothing", async () => {
    const never = new Promise<never>(() => {});
    const Waiting: FunctionComponent = () => use(never);
    await show(h(Suspense, { fallback: "wait" }, h(List, { listId: 1 }), h(Waiting)));
    await show(null);
    await turn();
    expect(renders.length).toBeGreaterThan(0);
    expect(board.asked).toEqual([]);
  });

  test("what React hides while a neighbour suspends stays open", async () => {
    let resume = (): void => {};
    const wait = new Promise<void>((resolve) => (resume = resolve));
    let suspend: (is: boolean) => void = () => {};
    const Neighbour: FunctionComponent = () => {
      const [is, set] = useState(false);
      suspend = set;
      if (is) use(wait);
      return null;
    };
    await show(h(Suspense, { fallback: "wait" }, h(List, { listId: 1 }), h(Neighbour)));
    await said(() => board.answer([1, card(1, 1)]));
    await said(() => suspend(true));
    expect(page.textContent).toContain("wait");
    await said(() => board.link.step({ key: 2, version: 1, row: card(2, 1), insert: [1] }));
    await act(async () => resume());
    await turn();
    expect([page.textContent, board.asked, board.ended]).toEqual(["live 1 2", [1], []]);
  });

  test("what is hidden as an Activity is closed, and opened again when it is shown", async () => {
    const activity = (mode: "hidden" | "visible") => h(Activity, { mode, children: h(List, { listId: 1 }) });
    await show(activity("visible"));
    await said(() => board.answer([1, card(1, 1)]));
    await show(activity("hidden"));
    await turn();
    expect(board.ended).toEqual([1]);
    await show(activity("visible"));
    expect([page.textContent, board.asked]).toEqual(["loading", [1, 2]]);
    await said(() => board.answer([2, card(2, 1)]));
    expect(page.textContent).toBe("live 2");
  });

  test("a neighbour that throws when it is laid out leaves nothing open", async () => {
    errors.mockImplementation(() => {});
    const Thrower: FunctionComponent = () => {
      useLayoutEffect(() => {
        throw new Error("thrown");
      }, []);
      return null;
    };
    class Boundary extends Component<{ readonly children: ReactNode }> {
      override state = { isBroken: false };
      static getDerivedStateFromError = () => ({ isBroken: true });
      override render(): ReactNode {
        return this.state.isBroken ? "broken" : this.props.children;
      }
    }
    await show(h(Boundary, null, h(List, { listId: 1 }), h(Thrower)));
    await turn();
    expect([page.textContent, board.asked.length]).toEqual(["broken", board.ended.length]);
    errors.mockClear();
  });

  test("G5: a step over two lists is rendered as a whole, in one commit", async () => {
    const sums: number[] = [];
    const commits: string[] = [];
    const Count: FunctionComponent<{ readonly listId: number }> = ({ listId }) => {
      const { rows } = useLive(() => board.cards(listId), [listId]);
      return h("i", null, rows.length);
    };
    const Sum: FunctionComponent = () => {
      const a = useLive(() => board.cards(1), []);
      const b = useLive(() => board.cards(2), []);
      sums.push(a.rows.length + b.rows.length);
      return null;
    };
    await show([h(Sum, { key: 0 }), h(Count, { key: 1, listId: 1 }), h(Count, { key: 2, listId: 2 })]);
    await said(() => board.answer([1, card(1, 1)], [2]));
    expect(page.textContent).toBe("10");
    sums.length = 0;
    new MutationObserver(() => commits.push(page.textContent ?? "")).observe(page, { subtree: true, characterData: true, childList: true });
    vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
    board.move(1, 1, 2, 1);
    await turn();
    expect(new Set(sums)).toEqual(new Set([1]));
    expect(new Set(commits)).toEqual(new Set(["01"]));
    vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  });

  test("a transition that is interrupted by a step is not torn", async () => {
    const cards = board.cards(1);
    await turn();
    await said(() => board.answer([1, card(1, 1)]));
    let step: (() => void) | undefined = () => board.link.step({ key: 2, version: 1, row: card(2, 1), insert: [1] });
    const Half: FunctionComponent<{ readonly steps: boolean }> = ({ steps }) => {
      const { rows } = useCollection(cards);
      if (steps) {
        step?.();
        step = undefined;
      }
      return h("i", null, rows.length);
    };
    errors.mockImplementation(() => {});
    const commits: string[] = [];
    new MutationObserver(() => commits.push(page.textContent ?? "")).observe(page, { subtree: true, characterData: true, childList: true });
    await act(async () => startTransition(() => root.render([h(Half, { key: 1, steps: true }), h(Half, { key: 2, steps: false })])));
    expect(page.textContent).toBe("22");
    expect(commits).not.toContain("12");
    errors.mockClear();
  });

  test("what the server refuses is failed, with its error", async () => {
    await show(h(List, { listId: 1 }));
    await said(() => board.link.say({ type: "error", id: 1, code: "not_exposed", message: "No." }));
    expect(page.textContent).toBe("failed not_exposed");
  });

  test("a passing fault is shown while it is loading", async () => {
    await show(h(List, { listId: 1 }));
    await said(() => board.link.say({ type: "error", id: 1, code: "busy", message: "Later.", retryMs: 60_000 }));
    expect(page.textContent).toBe("loading busy");
  });

  test("a single row", async () => {
    const One: FunctionComponent = () => {
      const { row, status } = useLive(() => board.live.one<Card>("Card", 1), []);
      return h("p", null, `${status} ${row?.listId}`);
    };
    await show(h(One));
    expect(page.textContent).toBe("loading undefined");
    await said(() => board.answer([1, card(1, 7)]));
    expect(page.textContent).toBe("live 7");
  });

  test("on the server it is loading and nothing is opened; the browser takes that over", async () => {
    const opened = vi.spyOn(board, "cards");
    expect(renderToString(h(List, { listId: 1 }))).toBe("<p>loading</p>");
    expect(opened).not.toHaveBeenCalled();
    page = document.createElement("main");
    page.innerHTML = "<p>loading</p>";
    await act(async () => {
      root = hydrateRoot(page, h(List, { listId: 1 }));
    });
    await said(() => board.answer([1, card(1, 1)]));
    expect(page.textContent).toBe("live 1");
  });
});

test("useCollection shows a collection and leaves it open", async () => {
  const cards = board.cards(1);
  const Given: FunctionComponent = () => h("p", null, text(useCollection(cards)));
  expect(renderToString(h(Given))).toBe("<p>loading</p>");
  await show(h(Given));
  await said(() => board.answer([1, card(1, 1)]));
  expect(page.textContent).toBe("live 1");
  await show(null);
  await turn();
  expect([board.ended, cards.status]).toEqual([[], "live"]);
});

test("useHubStatus follows the hub", async () => {
  const Status: FunctionComponent = () => h("p", null, useHubStatus(board.live));
  expect(renderToString(h(Status))).toBe("<p>connecting</p>");
  await show(h(Status));
  expect(page.textContent).toBe("connected");
  await act(() => board.live.close());
  expect(page.textContent).toBe("closed");
});
