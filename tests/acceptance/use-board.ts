import { afterAll, afterEach, beforeAll } from 'vitest';
import { startBoard } from '../../tools/lib/board.mjs';
import { Api, type CardRow } from './api.ts';
import { Viewer } from './viewer.ts';

type Board = Awaited<ReturnType<typeof startBoard>>;

/** What `useBoard` gives. */
export type Server = ReturnType<typeof useBoard>;

/** The sample's server with a database of its own for all tests of a file, and viewers that leave after each test. */
export function useBoard() {
  let board: Board;
  let api: Api;
  const viewers: Viewer[] = [];

  beforeAll(async () => {
    board = await startBoard();
    api = new Api(board.url);
  });
  afterEach(() => Promise.all(viewers.splice(0).map((viewer) => viewer.live.close())));
  afterAll(() => board?.stop());

  return {
    get board() {
      return board;
    },
    get api() {
      return api;
    },
    /** A viewer with a connection of its own. */
    viewer(): Viewer {
      const viewer = new Viewer(api);
      viewers.push(viewer);
      return viewer;
    },
    /** An empty list. */
    newList: () => api.post('lists', { boardId: 1, title: 'List' }),
    newCard: (listId: number, values: Partial<CardRow> = {}) => api.post('cards', { listId, title: 'Card', ...values }),
  };
}
