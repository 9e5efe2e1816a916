// @vitest-environment happy-dom
import { createApp, createSSRApp, defineComponent, effectScope, h, nextTick, onMounted, ref, watch, type App } from "vue";
import { renderToString } from "vue/server-renderer";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useLive } from "../src/vue.js";
import { Board, card, type Card } from "./support/board.js";
import { componentCases } from "./support/component-cases.js";
import { turn } from "./support/fake-server.js";

let board: Board;
let page: HTMLElement;
let app: App | undefined;
const listId = ref(1);

beforeEach(async () => {
  board = await Board.open();
  page = document.createElement("main");
  listId.value = 1;
});

afterEach(async () => {
  leave();
  await board.close();
});

function mount(setup: () => () => unknown): void {
  app = createApp(defineComponent({ setup: () => setup() as () => ReturnType<typeof h> }));
  app.mount(page);
}

const list = () => {
  const { rows, status, error } = useLive(() => board.cards(listId.value));
  return () => h("p", [status.value, ...rows.value.map(({ id }) => id), error.value?.code].filter((part) => part !== undefined).join(" "));
};

const one = () => {
  const { row, status } = useLive(() => board.live.one<Card>("Card", 1));
  return () => `${status.value} ${row.value?.listId}`;
};

function leave(): void {
  app?.unmount();
  app = undefined;
}

componentCases({
  get board() {
    return board;
  },
  get text() {
    return page.textContent;
  },
  list: () => mount(list),
  one: () => mount(one),
  leave,
  rendered: nextTick,
});

test("is loading, then live; the same rows are the same objects, not proxies", async () => {
  const seen: (readonly Card[])[] = [];
  mount(() => {
    const { rows, status } = useLive(() => board.cards(1));
    watch(rows, (now) => seen.push(now));
    return () => `${status.value} ${rows.value.length}`;
  });
  expect(page.textContent).toBe("loading 0");
  await turn();
  board.answer([1, card(1, 1)]);
  await nextTick();
  expect(page.textContent).toBe("live 1");
  board.link.step({ key: 2, version: 1, row: card(2, 1), insert: [1] });
  await nextTick();
  expect(page.textContent).toBe("live 2");
  expect(seen.at(-1)?.[0]).toBe(seen.at(-2)?.[0]);
  expect(seen.at(-1)).toBe(board.cards(1).rows);
});

test("reactive values: the former is closed, and none of its rows is rendered under the new key", async () => {
  const mixed: unknown[] = [];
  mount(() => {
    const { rows, status } = useLive(() => board.cards(listId.value));
    return () => {
      mixed.push(...rows.value.filter((row) => row.listId !== listId.value));
      return `${status.value} ${rows.value.length}`;
    };
  });
  await turn();
  board.answer([1, card(1, 1)]);
  await nextTick();
  listId.value = 2;
  await nextTick();
  expect(page.textContent).toBe("loading 0");
  await turn();
  expect([board.asked, board.ended]).toEqual([[1, 2], [1]]);
  board.answer([2, card(2, 2)]);
  await nextTick();
  expect([page.textContent, mixed]).toEqual(["live 1", []]);
});

test("closes with a scope of its own, inside a component and without one", async () => {
  const inside = effectScope(true);
  const alone = effectScope(true);
  mount(() => {
    inside.run(() => useLive(() => board.cards(1)));
    return () => "";
  });
  alone.run(() => useLive(() => board.cards(2)));
  await turn();
  leave();
  await turn();
  expect([board.asked, board.ended]).toEqual([[2, 1].sort(), []]);
  inside.stop();
  alone.stop();
  await turn();
  expect([...board.ended].sort()).toEqual([1, 2]);
});

test("works in a component that is mounted already", async () => {
  mount(() => {
    onMounted(() => void useLive(() => board.cards(1)));
    return () => "";
  });
  await turn();
  expect(board.asked).toEqual([1]);
  leave();
  await turn();
  expect(board.ended).toEqual([1]);
});

test("G5: a step over two lists is rendered as a whole, once", async () => {
  const sums: number[] = [];
  mount(() => {
    const [a, b] = [useLive(() => board.cards(1)), useLive(() => board.cards(2))];
    return () => {
      sums.push(a.rows.value.length + b.rows.value.length);
      return "";
    };
  });
  await turn();
  board.answer([1, card(1, 1)], [2]);
  await nextTick();
  sums.length = 0;
  board.move(1, 1, 2, 1);
  await nextTick();
  expect(sums).toEqual([1]);
});

test("on the server it is loading and nothing is opened", async () => {
  const opened = vi.spyOn(board, "cards");
  expect(await renderToString(createSSRApp(defineComponent({ setup: list })))).toBe("<p>loading</p>");
  expect(opened).not.toHaveBeenCalled();
});
