import { Random } from '../../tools/lib/seeded.mjs';

/** How much there is. */
export const setting = { accounts: 10, vaults: 4, lists: 5, cards: 36, balance: 1000 };

export const LABELS = 3;
export const READERS = 5;

/** After so many steps all faults are mended, and what readers show is compared with the database. */
export const ROUND = 1_000;

/** Where in a round which fault begins; every second round the server is killed. */
const FAULTS = new Map([[20, 'drop'], [60, 'backends'], [110, 'stall'], [180, 'kill'], [320, 'drop'], [440, 'backends'], [560, 'stall'], [680, 'drop'], [780, 'backends'], [860, 'drop']]);

/** Every so many steps a write is held up after its commit: before it is published, or on the way to the log. */
const DELAYS = new Map([[1, 'log'], [9, 'log'], [13, 'commit'], [18, 'log'], [25, 'log'], [31, 'log']]);
const DELAYED_OF = 37;

/**
 * @typedef {{ kind: 'open', reader: number, shape: import('./reader/shapes.mjs').Shape, label?: string } | { kind: 'close', reader: number, which: number }} Look what a reader does
 * @typedef {{ kind: 'drop' | 'stall', reader: number, ms: number } | { kind: 'backends', count: number } | { kind: 'kill' }} Fault
 * @typedef {{ kind: string, way: string, end: string, delay?: string, note: string, card: number, list: number, label: number, done: boolean, legs: object[] }} Write as
 *   tests/Chaos/server/Write.cs
 */

/** Step number `n` of a seed: the same, whatever came before. @returns {Look | Fault | Write} */
export function stepOf(seed, n) {
  const random = new Random(seed, n);
  const round = Math.floor(n / ROUND);
  const fault = FAULTS.get(n % ROUND);
  if (fault && (fault !== 'kill' || round % 2 === 0)) return faultOf(fault, random);
  return random.chance(0.04) ? lookOf(random) : writeOf(random, n);
}

export const isWrite = (step) => 'note' in step;
export const isLook = ({ kind }) => kind === 'open' || kind === 'close';

function faultOf(kind, random) {
  switch (kind) {
    case 'backends': return { kind, count: random.between(1, 6) };
    case 'kill': return { kind };
    default: return { kind, reader: random.below(READERS), ms: random.pick(kind === 'drop' ? [0, 50, 400, 1500] : [200, 800, 2500]) };
  }
}

function lookOf(random) {
  const reader = random.below(READERS);
  if (random.chance(0.4)) return { kind: 'close', reader, which: random.below(1000) };
  return { kind: 'open', reader, shape: shapeOf(random), ...(random.chance(0.2) && { label: random.pick(['mine', 'yours']) }) };
}

const card = (random) => random.between(1, setting.cards);
const list = (random) => random.between(1, setting.lists);
const label = (random) => random.between(1, LABELS);

const columns = ['id', 'note', 'rev', 'born'];

/** All kinds of shapes. */
function shapeOf(random) {
  return shapes[random.weighted({ card: 3, cards: 2, all: 1, list: 4, lists: 2, done: 2, narrow: 3, label: 1, labelled: 2, labels: 1, vault: 1, accounts: 1 })](random);
}

const shapes = {
  card: (random) => ({ entity: 'Card', key: card(random) }),
  cards: (random) => ({ entity: 'Card', keys: [...new Set(random.list(5, () => card(random)))] }),
  all: () => ({ entity: 'Card' }),
  list: (random) => ({ entity: 'Card', where: { listId: list(random) } }),
  lists: (random) => ({ entity: 'Card', where: { listId: { in: [...new Set([list(random), list(random)])] } } }),
  done: (random) => ({ entity: 'Card', where: { done: random.chance(0.5), listId: list(random) } }),
  narrow: (random) => ({ entity: 'Card', where: { listId: list(random) }, columns }),
  label: (random) => ({ entity: 'CardLabel', key: { cardId: card(random), labelId: label(random) } }),
  labelled: (random) => ({ entity: 'CardLabel', where: { labelId: label(random) } }),
  labels: () => ({ entity: 'CardLabel' }),
  vault: (random) => ({ entity: 'Vault', key: vaultId(random.between(1, setting.vaults)) }),
  accounts: (random) => ({ entity: 'Account', keys: [...new Set(random.list(3, () => random.between(1, setting.accounts)))] }),
};

/** @returns {Write} */
function writeOf(random, n) {
  const kind = random.weighted({ transfer: 30, edit: 16, race: 13, move: 12, delete: 8, insert: 11, label: 7, bulk: 1.5, sweep: 1, reread: 0.5 });
  const way = random.weighted({ ef: 8, ado: 1, scope: 1 });
  const end = random.weighted(way === 'ef' ? { commit: 88, savepoint: 4, rollback: 5, leave: 3 } : { commit: 88, rollback: 7, leave: 5 });
  const delay = way === 'ef' ? DELAYS.get(n % DELAYED_OF) : undefined;
  const isVoid = kind !== 'race' && kind !== 'bulk' && (end === 'rollback' || end === 'leave');
  return {
    kind, way, end, ...(delay && { delay }), note: `${isVoid ? 'void' : 'step'} ${n}`, card: card(random), list: list(random), label: label(random), done: random.chance(0.5),
    legs: kind === 'transfer' ? legsOf(random) : [],
  };
}

/** From accounts to accounts and vaults; nothing is lost. */
function legsOf(random) {
  const accounts = [...new Set(random.list(random.between(1, 3), () => random.between(1, setting.accounts)))];
  const amounts = accounts.map(() => random.between(-50, 50));
  return [
    ...accounts.map((account, i) => ({ account, amount: amounts[i] })),
    { vault: random.between(1, setting.vaults), amount: -amounts.reduce((sum, amount) => sum + amount, 0) },
  ];
}

export const vaultId = (number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
