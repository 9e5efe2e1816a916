import type { Api, CardRow, ListRow } from "./api.js";

/** What a board shows: its lists in order, each with its cards in order. */
export type Content = readonly { readonly list: string; readonly cards: readonly string[] }[];

/** A board of a test's own, so that tests do not meet each other's cards. */
export class Kanban {
  readonly id: number;
  readonly #api: Api;
  readonly #lists: ReadonlyMap<string, number>;

  private constructor(api: Api, id: number, lists: ReadonlyMap<string, number>) {
    this.#api = api;
    this.id = id;
    this.#lists = lists;
  }

  /** Makes "To do" with Paint, Sand and Varnish, "Doing" with Measure, an empty "Done", and the labels urgent and wood. */
  static async create(api: Api): Promise<Kanban> {
    const lists = ["To do", "Doing", "Done"];
    const insert = (entity: string, values: object): object => ({ op: "insert", entity, values });
    const made = await api.post<{ readonly id: number }[]>("transaction", [
      insert("boards", { name: "Workshop" }),
      ...lists.map((title, i) => insert("lists", { boardId: "$0", title, position: i + 1 })),
      insert("labels", { boardId: "$0", name: "urgent", color: "#c53030" }),
      insert("labels", { boardId: "$0", name: "wood", color: "#8a5300" }),
      ...["Paint", "Sand", "Varnish"].map((title, i) => insert("cards", { listId: "$1", title, position: i + 1 })),
      insert("cards", { listId: "$2", title: "Measure", position: 1 }),
    ]);
    const idOf = (operation: number): number => (made[operation] as { readonly id: number }).id;
    return new Kanban(api, idOf(0), new Map(lists.map((title, i) => [title, idOf(i + 1)])));
  }

  listId(title: string): number {
    const id = this.#lists.get(title);
    if (id === undefined) throw new Error(`There is no list ${title}.`);
    return id;
  }

  async add(title: string, list: string, more: object = {}): Promise<CardRow> {
    const listId = this.listId(list);
    const cards = await this.#api.get<CardRow[]>(`cards?listId=${listId}`);
    const position = Math.max(0, ...cards.map((card) => card.position)) + 1;
    return this.#api.post<CardRow>("cards", { listId, title, position, ...more });
  }

  async card(title: string): Promise<CardRow> {
    const card = (await this.#cards()).find((row) => row.title === title);
    if (card === undefined) throw new Error(`There is no card ${title}.`);
    return card;
  }

  async change(title: string, changes: object): Promise<void> {
    await this.#api.patch(`cards/${(await this.card(title)).id}`, changes);
  }

  async delete(title: string): Promise<void> {
    await this.#api.delete(`cards/${(await this.card(title)).id}`);
  }

  /** What the board has to show, according to the API. */
  async content(): Promise<Content> {
    const [lists, cards] = await Promise.all([this.#api.get<ListRow[]>(`lists?boardId=${this.id}`), this.#cards()]);
    const order = (a: { position: number; id: number }, b: { position: number; id: number }): number => a.position - b.position || a.id - b.id;
    return lists.sort(order).map((list) => ({
      list: list.title,
      cards: cards.filter((card) => card.listId === list.id).sort(order).map(({ title, done }) => (done ? `${title} ✓` : title)),
    }));
  }

  async #cards(): Promise<CardRow[]> {
    const lists = await this.#api.get<ListRow[]>(`lists?boardId=${this.id}`);
    return (await Promise.all(lists.map((list) => this.#api.get<CardRow[]>(`cards?listId=${list.id}`)))).flat();
  }
}
