import type { Card, CardLabel, Comment, Label, List, Member } from "../schema.js";
import { failure, Following, type Collection } from "./following.js";
import { boards, live, members } from "./hub.js";
import { derived } from "./derived.js";

/** Hints are worth one question about so many cards, not about a board of any size. */
const cardsWithHints = 500;

/** Everything live about one board. The rows here are the only copy: what is shown is derived from them. */
export class BoardData {
  readonly boardId: number;
  readonly #lists: Collection<List>;
  readonly #labels: Collection<Label>;
  readonly #cards: Following<Card>;
  readonly #cardLabels: Following<CardLabel>;
  readonly #comments: Following<Pick<Comment, "id" | "cardId">>;
  readonly #stops: readonly (() => void)[];

  constructor(boardId: number, changed: () => void) {
    this.boardId = boardId;
    const follow = (): void => {
      this.#follow();
      changed();
    };
    this.#lists = live.all("List", { where: { boardId } });
    this.#labels = live.all("Label", { where: { boardId } });
    this.#cards = new Following((ids) => live.all("Card", { where: { listId: { in: ids } } }), follow);
    // A board has few labels and many cards: asked by label, the filter stays short.
    this.#cardLabels = new Following((ids) => live.all("CardLabel", { where: { labelId: { in: ids } } }), changed);
    this.#comments = new Following((ids) => live.all("Comment", { where: { cardId: { in: ids } }, columns: ["id", "cardId"] }), changed);
    this.#stops = [
      this.#lists.subscribe(follow),
      this.#labels.subscribe(follow),
      boards.subscribe(changed),
      members.subscribe(changed),
    ];
    this.#follow();
  }

  get isLoading(): boolean {
    return isLoading(boards) || isLoading(this.#lists) || this.#cards.isLoading;
  }

  /** Whether labels and hints are still on their way to a board that can be shown already. */
  get isFillingIn(): boolean {
    return isLoading(this.#labels) || this.#cardLabels.isLoading || this.#comments.isLoading || isLoading(members);
  }

  get error(): Error | undefined {
    return failure(boards) ?? failure(this.#lists) ?? this.#cards.error;
  }

  get exists(): boolean {
    return boards.get(this.boardId) !== undefined;
  }

  get cards(): readonly Card[] {
    return this.#cards.rows;
  }

  readonly lists = derived(() => this.#lists.rows, (rows) => [...rows].sort(byPosition));
  readonly labels = derived(() => this.#labels.rows, (rows) => [...rows].sort((a, b) => a.id - b.id));
  readonly cardsById = derived(() => this.#cards.rows, (rows) => new Map(rows.map((card) => [card.id, card])));
  readonly members = derived(() => members.rows, (rows) => new Map(rows.map((member): [number, Member] => [member.id, member])));
  readonly labelIds = derived(() => this.#cardLabels.rows, (rows) => Map.groupBy(rows, (row) => row.cardId));
  readonly commentCounts = derived(() => this.#comments.rows, (rows) => {
    const counts = new Map<number, number>();
    for (const { cardId } of rows) counts.set(cardId, (counts.get(cardId) ?? 0) + 1);
    return counts;
  });

  labelsOf(cardId: number): readonly Label[] {
    const ids = new Set(this.labelIds().get(cardId)?.map((row) => row.labelId));
    return ids.size === 0 ? [] : this.labels().filter((label) => ids.has(label.id));
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const collection of [this.#lists, this.#labels, this.#cards, this.#cardLabels, this.#comments]) collection.close();
  }

  #follow(): void {
    this.#cards.follow(this.#lists.rows.map((list) => list.id));
    this.#cardLabels.follow(this.#labels.rows.map((label) => label.id));
    this.#comments.follow(this.#cards.rows.map((card) => card.id).slice(-cardsWithHints));
  }
}

export function byPosition(a: { position: number; id: number }, b: { position: number; id: number }): number {
  return a.position - b.position || a.id - b.id;
}

function isLoading(collection: { readonly status: string }): boolean {
  return collection.status === "loading";
}
