/** Where the user is: `#/board/1`, `#/board/1/card/42`. Two windows can share the address. */
export interface Route {
  readonly boardId: number | undefined;
  readonly cardId: number | undefined;
}

export function currentRoute(): Route {
  const match = /^#\/board\/(\d+)(?:\/card\/(\d+))?$/.exec(location.hash);
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  return { boardId: number(match?.[1]), cardId: number(match?.[2]) };
}

export function addressOf(boardId: number, cardId?: number): string {
  return cardId === undefined ? `#/board/${boardId}` : `#/board/${boardId}/card/${cardId}`;
}

/** Goes there; replacing leaves no entry for the Back button. */
export function go(boardId: number, cardId?: number, options?: { readonly replace: boolean }): void {
  const address = addressOf(boardId, cardId);
  if (options?.replace === true) location.replace(address);
  else location.hash = address;
}

export function onRoute(listener: () => void): void {
  addEventListener("hashchange", listener);
}
