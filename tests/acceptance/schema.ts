/** What the sample's server exposes, as the client sees it: entities, their rows and keys. */
export interface BoardSchema {
  Board: { row: Board; key: number };
  List: { row: List; key: number };
  Card: { row: Card; key: number };
  Comment: { row: Comment; key: string };
  Label: { row: Label; key: number };
  Member: { row: Member; key: number };
  CardLabel: { row: CardLabel; key: CardLabel };
}

export type Board = { readonly id: number; readonly name: string; readonly tenantId: string };
export type List = { readonly id: number; readonly boardId: number; readonly title: string; readonly position: number };
export type Card = {
  readonly id: number;
  readonly listId: number;
  readonly title: string;
  readonly description: string;
  readonly done: boolean;
  readonly position: number;
  readonly dueAt: string | null;
  readonly memberId: number | null;
  readonly estimate: string | null;
  readonly isDeleted: boolean;
};
export type Comment = { readonly id: string; readonly cardId: number; readonly memberId: number; readonly text: string; readonly createdAt: string };
export type Label = { readonly id: number; readonly boardId: number; readonly name: string; readonly color: string };
export type Member = { readonly id: number; readonly name: string };
export type CardLabel = { readonly cardId: number; readonly labelId: number };
