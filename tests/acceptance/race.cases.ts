import { expect, onTestFailed, test } from 'vitest';
import type { Api, CardRow, Operation } from './api.ts';
import { asShown, replay, type Cards } from './checks.ts';
import { Ledger, Views, type Place } from './ledger.ts';
import { byId } from './observe.ts';
import { Random } from './random.ts';
import type { Server } from './use-board.ts';
import type { Viewer } from './viewer.ts';

const WRITERS = 3;
const TRANSACTIONS_A_WRITER = 50;
const CARDS_A_WRITER = 8;
const VIEWERS = 5;
const COLLECTIONS_A_VIEWER = 6;
const OPENINGS_A_VIEWER = 12;

/** A collection, and what it must be equal to when all is quiet. */
interface Opened {
  readonly cards: Cards;
  readonly matches: (card: CardRow) => boolean;
  readonly columns?: readonly (keyof CardRow)[];
}

/** What there is to look at: cards only move between the first two lists; in the others they come and go. */
interface Stage {
  readonly moving: readonly [number, number];
  readonly busy: readonly [number, number];
  readonly movers: readonly number[];
}

/** Subscriptions that start and end while writers are at full speed. */
export function raceCases(server: Server): void {
  const { viewer, newList, newCard } = server;

  test('S1 small: while three writers hammer, 30 collections that open and close miss nothing, double nothing and see whole transactions', async () => {
    const seed = Date.now() % 1_000_000;
    onTestFailed(() => console.log(`Seed ${seed}`));
    const stage: Omit<Stage, 'movers'> = { moving: [(await newList()).id, (await newList()).id], busy: [(await newList()).id, (await newList()).id] };
    // Each writer has cards of its own: two who change one row at once are another test's matter (S3).
    const places: Place[][] = await Promise.all(Array.from({ length: WRITERS }, () =>
      Promise.all(Array.from({ length: CARDS_A_WRITER }, (_, i) => newCard(stage.moving[i % 2]!, { position: 0 })))));
    const ledger = new Ledger(places);
    const whole: Stage = { ...stage, movers: places.flat().map(({ id }) => id) };
    const faults: string[] = [];
    let writing = WRITERS;

    async function write(writer: number): Promise<void> {
      const random = new Random(seed + writer);
      const guests: number[] = [];
      let mine = places[writer]!;
      for (let i = 1; i <= TRANSACTIONS_A_WRITER; i++) {
        const moved = new Map(random.some(mine, 1 + random.below(4)).map(({ id }) => [id, { id, listId: random.pick(stage.moving), position: i }]));
        mine = mine.map((place) => moved.get(place.id) ?? place);
        ledger.plan(writer, mine);
        await server.api.transaction(...[...moved.values()].map(({ id, ...values }): Operation => ({ op: 'update', entity: 'cards', id, values })));
        if (i % 2 === 0) await comeAndGo(server.api, random, guests, stage.busy);
      }
      writing--;
    }

    async function watch(n: number) {
      const random = new Random(seed + WRITERS + n);
      const eye = viewer();
      const views = new Views(ledger);
      let open: Opened[] = [];
      let openings = 0;
      const fill = () => {
        while (open.length < COLLECTIONS_A_VIEWER) {
          const opened = random.next() < 0.5 ? openView(random, eye, whole, views) : [openAny(random, eye, whole)];
          for (const { cards } of opened) replay(cards, faults);
          open.push(...opened);
          openings++;
        }
      };
      while (writing > 0 || openings < OPENINGS_A_VIEWER) {
        fill();
        // Some are closed while they are still loading.
        if (random.next() < 0.8) await open.at(-1)?.cards.ready;
        const gone = random.some(open, 1 + random.below(3));
        for (const { cards } of gone) cards.close();
        open = open.filter((opened) => !gone.includes(opened));
        await eye.settle();
      }
      fill();
      return { eye, open };
    }

    const [watched] = await Promise.all([
      Promise.all(Array.from({ length: VIEWERS }, (_, n) => watch(n))),
      ...Array.from({ length: WRITERS }, (_, n) => write(n)),
    ]);
    expect([...faults, ...ledger.faults].slice(0, 5)).toEqual([]);
    const all = (await server.api.sql('cards')).filter((card) => !card.isDeleted);
    for (const { eye, open } of watched) {
      await Promise.all(open.map(({ cards }) => cards.ready));
      await eye.mark();
      for (const { cards, matches, columns } of open) expect(cards.rows.toSorted(byId)).toEqual(all.filter(matches).map((card) => pick(asShown(card), columns)));
    }
    expect([...faults, ...ledger.faults]).toEqual([]);
    expect(ledger.news).toBeGreaterThan(WRITERS * TRANSACTIONS_A_WRITER);
  });
}

/** Inserts a card, and changes, moves, deletes or restores others, in one transaction. */
async function comeAndGo(api: Api, random: Random, guests: number[], lists: readonly number[]): Promise<void> {
  const operations: Operation[] = [{ op: 'insert', entity: 'cards', values: { listId: random.pick(lists), title: 'Guest', done: random.next() < 0.5 } }];
  for (const id of random.some(guests, random.below(4))) {
    const values = random.pick([{ done: random.next() < 0.5, isDeleted: false }, { isDeleted: true }, { listId: random.pick(lists) }]);
    operations.push({ op: 'update', entity: 'cards', id, values });
  }
  const [inserted] = await api.transaction(...operations);
  guests.push(Number(inserted?.id));
}

/** Opens something that shows all cards that move, in one collection or in two. */
function openView(random: Random, { live }: Viewer, { moving, movers }: Stage, views: Views): Opened[] {
  const isMover = (card: CardRow) => movers.includes(card.id);
  const list = (listId: number) => ({ cards: live.all('Card', { where: { listId } }), matches: (c: CardRow) => c.listId === listId });
  // Other columns make it another shape: it cannot share what is open already.
  const columns = ['id', 'listId', 'position', ...random.some(['title', 'done', 'dueAt', 'estimate'] as const, random.below(5))] as const;
  const opened = random.pick([
    () => moving.map(list),
    () => [{ cards: live.many('Card', movers), matches: isMover }],
    () => [{ cards: live.many('Card', movers, { columns }), matches: isMover, columns }],
    () => [{ cards: live.all('Card', { where: { listId: { in: moving } }, columns }), matches: isMover, columns }],
  ])();
  views.add(opened.map(({ cards }) => cards));
  return opened;
}

/** Opens something that shows some of all cards. */
function openAny(random: Random, { live }: Viewer, { moving, busy, movers }: Stage): Opened {
  const lists = [...moving, ...busy];
  const listId = random.pick(lists);
  const some = random.some(movers, 10);
  return random.pick<() => Opened>([
    () => ({ cards: live.all('Card', { where: { listId } }), matches: (c) => c.listId === listId }),
    () => ({ cards: live.all('Card', { where: { listId: { in: lists } } }), matches: (c) => lists.includes(c.listId) }),
    () => ({ cards: live.all('Card', { where: { listId, done: true } }), matches: (c) => c.listId === listId && c.done }),
    () => ({ cards: live.all('Card', { where: { listId }, columns: ['id', 'done'] }), matches: (c) => c.listId === listId, columns: ['id', 'done'] }),
    () => ({ cards: live.many('Card', some), matches: (c) => some.includes(c.id) }),
    () => ({ cards: live.all('Card'), matches: () => true }),
  ])();
}

const pick = <Row extends object>(row: Row, columns: readonly (keyof Row)[] | undefined): Partial<Row> =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !columns || columns.includes(column as keyof Row))) as Partial<Row>;
