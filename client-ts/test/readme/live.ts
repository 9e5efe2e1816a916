import { createLiveHub, type LiveHub } from "@livehub/client";

interface BoardSchema {
  Card: { row: { id: number; listId: number; title: string; position: number }; key: number; relations: {} };
}

/** The hub of the README's examples. */
export const live: LiveHub<BoardSchema> = createLiveHub<BoardSchema>("/live");
