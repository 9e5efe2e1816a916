import type { Api, CardRow } from './api.ts';
import { Viewer } from './viewer.ts';
import type { SocketConstructor } from './wire.ts';

/** What cases need of the sample's server, wherever they run. */
export type Stage = Omit<ReturnType<typeof stageOf>, 'leave'>;

export function stageOf(api: () => Api, WebSocket: SocketConstructor) {
  const viewers: Viewer[] = [];
  return {
    get api() {
      return api();
    },
    /** A viewer with a connection of its own. */
    viewer(): Viewer {
      const viewer = new Viewer(api(), WebSocket);
      viewers.push(viewer);
      return viewer;
    },
    /** An empty list. */
    newList: () => api().post('lists', { boardId: 1, title: 'List' }),
    newCard: (listId: number, values: Partial<CardRow> = {}) => api().post('cards', { listId, title: 'Card', ...values }),
    newComment: (values: object = {}) => api().post('comments', { cardId: 1, memberId: 1, text: 'Text', ...values }),
    /** All viewers go: after each test. */
    leave: () => Promise.all(viewers.splice(0).map((viewer) => viewer.live.close())),
  };
}
