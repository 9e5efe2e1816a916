import type { LooseLiveHub } from "../../src/api.js";
import type { LooseRow } from "../../src/schema.js";
import { connect, turn, type FakeLink } from "./fake-server.js";

export interface Card { readonly id: number; readonly listId: number }

export const card = (id: number, listId: number): Card & LooseRow => ({ id, listId });

/** A connected hub, and the server's side of what is opened on it. */
export class Board {
  readonly live: LooseLiveHub;
  readonly link: FakeLink;

  private constructor(live: LooseLiveHub, link: FakeLink) {
    this.live = live;
    this.link = link;
  }

  static async open(): Promise<Board> {
    const { hub, server } = await connect();
    return new Board(hub as LooseLiveHub, server.link);
  }

  readonly cards = (listId: number) => this.live.all<Card>("Card", { where: { listId } });

  /** The ids of the subscriptions that the server has been asked for, and of those that it has been told to end. */
  get asked(): readonly number[] {
    return this.link.asked;
  }

  get ended(): readonly number[] {
    return this.link.sent.flatMap((message) => (message.type === "unsubscribe" ? message.ids : []));
  }

  /** Answers subscriptions with their rows; their shapes have the same numbers. */
  answer(...answers: readonly (readonly [id: number, ...cards: Card[]])[]): void {
    for (const [id] of answers) this.link.accept(id, id);
    this.link.step(...answers.map(([id, ...rows]) => ({ shape: id, snapshot: null, rows: rows as unknown as LooseRow[] })));
  }

  /** In one step, a card goes from one list to another. */
  move(id: number, from: number, to: number, version: number): void {
    this.link.step({ key: id, version, row: card(id, to), insert: [to], delete: [from] });
  }

  /** Closes the hub when the turn is over: what was closed in it has been told by then. */
  async close(): Promise<void> {
    await turn();
    await this.live.close();
  }
}
