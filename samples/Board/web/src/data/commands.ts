import type { Card, Member } from "../schema.js";
import { toast } from "../ui/toasts.js";
import { ApiError, idOf, send } from "./api.js";
import { touching } from "./mine.js";

/** What the user can do. Each returns whether it was done; a refusal is shown as a notice. */

export type CardChanges = Partial<Omit<Card, "id" | "estimate"> & { readonly estimate: number | string | null }>;

export const addBoard = (name: string): Promise<number | undefined> =>
  attempt("The board was not added", async () => idOf(await send("POST", "boards", { name })));

export const addList = (boardId: number, title: string, position: number): Promise<boolean> =>
  did("The list was not added", () => send("POST", "lists", { boardId, title, position }));

export const saveList = (id: number, changes: { title?: string; position?: number }): Promise<boolean> =>
  did("The list was not saved", () => send("PATCH", `lists/${id}`, changes));

export const deleteList = (id: number): Promise<boolean> =>
  did("The list was not deleted", () => send("DELETE", `lists/${id}`));

export const addCard = (listId: number, title: string, position: number): Promise<boolean> =>
  did("The card was not added", () => send("POST", "cards", { listId, title, position }));

export const saveCard = (id: number, changes: CardChanges): Promise<boolean> =>
  did("The card was not saved", () => touching(`card/${id}`, () => send("PATCH", `cards/${id}`, changes)));

/** Gives all cards of a list new positions in this order, in one transaction. */
export const saveOrder = (listId: number, ids: readonly number[]): Promise<boolean> =>
  did("The card was not moved", () => renumber("cards", ids, { listId }));

/** Gives all lists of a board new positions in this order, in one transaction. */
export const saveListOrder = (ids: readonly number[]): Promise<boolean> =>
  did("The list was not moved", () => renumber("lists", ids, {}));

export async function deleteCard(card: Card): Promise<boolean> {
  const deleted = await did("The card was not deleted", () => send("DELETE", `cards/${card.id}`));
  if (deleted) toast({ text: `“${shorten(card.title)}” was deleted`, action: { label: "Undo", run: () => void restoreCard(card.id) } });
  return deleted;
}

export const restoreCard = (id: number): Promise<boolean> =>
  did("The card was not restored", () => send("PATCH", `cards/${id}`, { isDeleted: false }));

export const setLabel = (cardId: number, labelId: number, on: boolean): Promise<boolean> =>
  did("The label was not changed", () =>
    touching(`card/${cardId}`, () => send(on ? "PUT" : "DELETE", `cards/${cardId}/labels/${labelId}`)),
  );

export const addComment = (cardId: number, author: Member, text: string): Promise<boolean> =>
  did("The comment was not added", () =>
    touching(`card/${cardId}`, () => send("POST", "comments", { cardId, memberId: author.id, text })),
  );

export const deleteComment = (id: string): Promise<boolean> =>
  did("The comment was not deleted", () => send("DELETE", `comments/${id}`));

function renumber(entity: "cards" | "lists", ids: readonly number[], more: object): Promise<unknown> {
  const operations = ids.map((id, i) => ({ op: "update", entity, id, values: { ...more, position: i + 1 } }));
  return send("POST", "transaction", operations);
}

async function did(failure: string, work: () => Promise<unknown>): Promise<boolean> {
  return (await attempt(failure, async () => [await work()])) !== undefined;
}

async function attempt<T>(failure: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast({ kind: "error", text: `${failure}. ${error.message}` });
    return undefined;
  }
}

export function shorten(text: string, length = 40): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
