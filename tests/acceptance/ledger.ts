import type { Cards } from './checks.ts';
import type { Card } from './schema.ts';

/** Where a card is, and the number of the transaction that put it there. */
export type Place = Pick<Card, 'id' | 'listId' | 'position'>;

/**
 * What writers have done, each to cards of its own, one numbered transaction after the other. Whoever sees all of a writer's
 * cards must see them as they were after one of its transactions: the one with the highest number that any of them bears.
 */
export class Ledger {
  readonly faults: string[] = [];
  /** How many moments were checked, and how many of them showed something new. */
  checks = 0;
  news = 0;
  /** By writer, by transaction. */
  readonly #states: string[][];
  readonly #writers: ReadonlyMap<number, number>;

  constructor(cardsByWriter: readonly (readonly Place[])[]) {
    this.#writers = new Map(cardsByWriter.flatMap((cards, writer) => cards.map(({ id }) => [id, writer] as const)));
    this.#states = cardsByWriter.map((cards) => [textOf(cards)]);
  }

  /** Notes what a writer's next transaction will do, before it does it. Returns the transaction's number. */
  plan(writer: number, cards: readonly Place[]): void {
    this.#states[writer]?.push(textOf(cards));
  }

  /** The last transaction of each writer that is seen. */
  read(rows: readonly Place[]): number[] {
    return this.#states.map((states, writer) => {
      const own = rows.filter(({ id }) => this.#writers.get(id) === writer);
      const last = Math.max(...own.map(({ position }) => position));
      if (textOf(own) !== states[last]) this.faults.push(`After transaction ${last} of writer ${writer}:\n  expected ${states[last]}\n  seen     ${textOf(own)}`);
      return last;
    });
  }
}

/** The views of one connection on all cards of a ledger: each whole, and at every moment all as of the same transactions. */
export class Views {
  readonly #ledger: Ledger;
  readonly #views = new Set<readonly Cards<Place>[]>();
  #last = '';

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Looks at collections that together show all cards, at every call of their listeners. */
  add(view: readonly Cards<Place>[]): void {
    this.#views.add(view);
    for (const collection of view) {
      collection.subscribe(this.#look);
      collection.onDiff(this.#look);
    }
  }

  readonly #look = (): void => {
    const live: (readonly Cards<Place>[])[] = [];
    for (const view of this.#views) {
      if (view.some(({ status }) => status === 'closed')) this.#views.delete(view);
      else if (view.every(({ status }) => status === 'live')) live.push(view);
    }
    const seen = new Set(live.map((view) => this.#ledger.read(view.flatMap(({ rows }) => rows)).join()));
    if (seen.size > 1) this.#ledger.faults.push(`The views of one connection are as of different transactions: ${[...seen].join(' and ')}.`);
    this.#ledger.checks += live.length;
    const now = [...seen].join();
    if (now !== this.#last) this.#ledger.news++;
    this.#last = now;
  };
}

const textOf = (cards: readonly Place[]): string =>
  cards.toSorted((a, b) => a.id - b.id).map(({ id, listId, position }) => `${id} in ${listId} by ${position}`).join(', ');
