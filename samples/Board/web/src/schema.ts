/** What the sample's server exposes, as the client sees it: entities, their rows, keys and relations. */
export interface BoardSchema {
  Board: {
    row: Board;
    key: number;
    relations: { lists: Many<"List">; labels: Many<"Label"> };
  };
  List: {
    row: List;
    key: number;
    relations: { board: One<"Board">; cards: Many<"Card"> };
  };
  Card: {
    row: Card;
    key: number;
    relations: { list: One<"List">; member: One<"Member", true>; comments: Many<"Comment">; labels: Many<"Label"> };
  };
  Comment: {
    row: Comment;
    key: string;
    relations: { card: One<"Card">; member: One<"Member"> };
  };
  Label: {
    row: Label;
    key: number;
    relations: { board: One<"Board">; cards: Many<"Card"> };
  };
  Member: {
    row: Member;
    key: number;
    relations: { cards: Many<"Card"> };
  };
  CardLabel: {
    row: CardLabel;
    key: CardLabel;
    relations: { card: One<"Card">; label: One<"Label"> };
  };
}

interface Many<E> {
  readonly many: E;
}

interface One<E, N extends boolean = false> {
  readonly one: E;
  readonly nullable: N;
}

export type Board = {
  readonly id: number;
  readonly name: string;
};

export type List = {
  readonly id: number;
  readonly boardId: number;
  readonly title: string;
  readonly position: number;
};

export type Card = {
  readonly id: number;
  readonly listId: number;
  readonly title: string;
  readonly description: string;
  readonly done: boolean;
  readonly position: number;
  /** ISO 8601 in UTC. */
  readonly dueAt: string | null;
  readonly memberId: number | null;
  /** Days of work. A decimal, so a string: nothing is lost to binary fractions. */
  readonly estimate: string | null;
};

export type Comment = {
  /** A Guid. */
  readonly id: string;
  readonly cardId: number;
  readonly memberId: number;
  readonly text: string;
  readonly createdAt: string;
};

export type Label = {
  readonly id: number;
  readonly boardId: number;
  readonly name: string;
  readonly color: string;
};

export type Member = {
  readonly id: number;
  readonly name: string;
};

export type CardLabel = {
  readonly cardId: number;
  readonly labelId: number;
};
