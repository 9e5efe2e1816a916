import { afterAll, afterEach, beforeAll } from 'vitest';
import { startBoard } from '../../tools/lib/board.mjs';
import { Api } from './api.ts';
import { nodeWebSocket } from './node-socket.ts';
import { stageOf } from './stage.ts';

type Board = Awaited<ReturnType<typeof startBoard>>;

/** What `useBoard` gives. */
export type Server = ReturnType<typeof useBoard>;

/** The sample's server with a database of its own for all tests of a file, and viewers that leave after each test. */
export function useBoard() {
  let board: Board;
  let api: Api;
  const stage = stageOf(() => api, nodeWebSocket);

  beforeAll(async () => {
    board = await startBoard();
    api = new Api(board.url);
  });
  afterEach(stage.leave);
  afterAll(() => board?.stop());

  return {
    ...stage,
    get board() {
      return board;
    },
    get api() {
      return api;
    },
  };
}
