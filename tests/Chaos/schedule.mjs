import { Random } from '../../tools/lib/seeded.mjs';

/** How much there is. @param {number} nodes with several, each process has a share of the rows of its own (tests/Chaos/server/Share.cs), and so has each that takes the place of a killed one in a round */
export function settingOf(nodes) {
  if (nodes === 1) return { shares: 1, accounts: 10, vaults: 4, lists: 5, cards: 36, balance: 1000 };
  const shares = 2 * nodes + 1;
  return { shares, accounts: 3 * shares, vaults: 2 * shares, lists: 5, cards: 8 * shares, balance: 1000 };
}

export const LABELS = 3;
export const READERS = 5;
export const WRITERS = 3;

/** After so many steps all faults are mended, and what readers show is compared with the database. */
export const ROUND = 1_000;

/** Where in a round which fault begins; every second round the server is killed. */
const FAULTS = new Map([[20, 'drop'], [60, 'backends'], [110, 'stall'], [180, 'kill'], [320, 'drop'], [440, 'backends'], [560, 'stall'], [680, 'drop'], [780, 'backends'], [860, 'drop']]);

/** The same with several nodes, in rounds that take turns: one node is killed in each, and all at once in every fourth. */
const NODE_FAULTS = [
  [[20, 'drop'], [50, 'deliveries'], [100, 'backends'], [140, 'stall'], [200, 'kill'], [270, 'deliveries'], [320, 'connections'], [370, 'writer'], [430, 'hang'], [500, 'deliveries'],
    [540, 'drop'], [580, 'pause'], [640, 'redis'], [740, 'deliveries'], [800, 'drop'], [860, 'backends'], [900, 'pause'], [950, 'drop']],
  [[20, 'drop'], [50, 'deliveries'], [100, 'pause'], [150, 'writer'], [210, 'flush'], [290, 'deliveries'], [330, 'connections'], [370, 'drop'], [420, 'empty'], [510, 'deliveries'],
    [560, 'backends'], [610, 'kill'], [690, 'silence'], [760, 'deliveries'], [820, 'stall'], [870, 'all'], [920, 'drop'], [960, 'connections']],
].map((faults) => new Map(faults));

/** Every so many steps a write is held up after its commit: before it is published, or on the way to the log. */
const DELAYS = new Map([[1, 'log'], [9, 'log'], [13, 'commit'], [18, 'log'], [25, 'log'], [31, 'log']]);
const DELAYED_OF = 37;

/**
 * @typedef {{ kind: 'open', reader: number, shape: import('./reader/shapes.mjs').Shape, label?: string } | { kind: 'close', reader: number, which: number }} Look what a reader does
 * @typedef {{ kind: 'drop' | 'stall', reader: number, ms: number } | { kind: 'backends', count: number } | { kind: 'kill' | 'all', node: number } | { kind: 'pause', node: number, ms: number }
 *   | { kind: 'writer', process: number } | { kind: 'redis' | 'empty' | 'hang' | 'silence', ms: number } | { kind: 'flush' } | { kind: 'connections', type: 'pubsub' | 'normal' }
 *   | { kind: 'deliveries', how: 'lost' | 'late' | 'doubled', node: number, share: number, ms: number }} Fault
 *   a server is killed, all are; one stands still; a writer is killed; Redis is killed and comes back with what it had, or empty, or stands still for less or for more than its silence may last
 * @typedef {{ kind: string, way: string, end: string, delay?: string, note: string, card: number, list: number, label: number, done: boolean, legs: object[] }} Write as
 *   tests/Chaos/server/Write.cs
 */

/** Step number `n` of a seed: the same, whatever came before. @returns {Look | Fault | Write} */
export function stepOf(seed, n, nodes = 1) {
  const random = new Random(seed, n);
  const fault = faultAt(n % ROUND, Math.floor(n / ROUND), nodes);
  if (fault) return faultOf(fault, random, nodes);
  const setting = settingOf(nodes);
  return random.chance(0.04) ? lookOf(random, setting) : writeOf(random, n, setting);
}

function faultAt(step, round, nodes) {
  if (nodes > 1) return NODE_FAULTS[round % 2].get(step) === 'all' && round % 4 !== 1 ? 'drop' : NODE_FAULTS[round % 2].get(step);
  return FAULTS.get(step) === 'kill' && round % 2 === 1 ? undefined : FAULTS.get(step);
}

export const isWrite = (step) => 'note' in step;
export const isLook = ({ kind }) => kind === 'open' || kind === 'close';

function faultOf(kind, random, nodes) {
  switch (kind) {
    case 'backends': return { kind, count: random.between(1, 6) };
    case 'kill':
    case 'all': return { kind, node: random.below(nodes) };
    case 'pause': return { kind, node: random.below(nodes), ms: random.pick([300, 1000, 2500, 5000]) };
    case 'writer': return { kind, process: random.below(WRITERS) };
    case 'redis':
    case 'empty': return { kind, ms: random.pick([0, 300, 1500, 4000]) };
    case 'hang': return { kind, ms: random.pick([300, 1000, 3000]) };
    case 'silence': return { kind, ms: 6500 };
    case 'flush': return { kind };
    case 'connections': return { kind, type: random.pick(['pubsub', 'normal']) };
    case 'deliveries': return { kind, how: random.weighted({ lost: 2, late: 1, doubled: 1 }), node: random.below(nodes), share: random.pick([0.05, 0.3, 1]), ms: random.pick([300, 800, 2000]) };
    default: return { kind, reader: random.below(READERS), ms: random.pick(kind === 'drop' ? [0, 50, 400, 1500] : [200, 800, 2500]) };
  }
}

function lookOf(random, setting) {
  const reader = random.below(READERS);
  if (random.chance(0.4)) return { kind: 'close', reader, which: random.below(1000) };
  return { kind: 'open', reader, shape: shapeOf(random, setting), ...(random.chance(0.2) && { label: random.pick(['mine', 'yours']) }) };
}

const card = (random, { cards }) => random.between(1, cards);
const list = (random, { lists }) => random.between(1, lists);
const label = (random) => random.between(1, LABELS);

const columns = ['id', 'note', 'rev', 'born'];

/**
 * All kinds of shapes. With several nodes none that has rows in common with those in which the money is counted: a snapshot may be ahead by what another process has not published yet (G5), and
 * replaces only rows that no other live collection shows (P21).
 */
function shapeOf(random, setting) {
  const bank = setting.shares === 1 ? 1 : 0;
  return shapes[random.weighted({ card: 3, cards: 2, all: 1, list: 4, lists: 2, done: 2, narrow: 3, label: 1, labelled: 2, labels: 1, vault: bank, accounts: bank })](random, setting);
}

const shapes = {
  card: (random, all) => ({ entity: 'Card', key: card(random, all) }),
  cards: (random, all) => ({ entity: 'Card', keys: [...new Set(random.list(5, () => card(random, all)))] }),
  all: () => ({ entity: 'Card' }),
  list: (random, all) => ({ entity: 'Card', where: { listId: list(random, all) } }),
  lists: (random, all) => ({ entity: 'Card', where: { listId: { in: [...new Set([list(random, all), list(random, all)])] } } }),
  done: (random, all) => ({ entity: 'Card', where: { done: random.chance(0.5), listId: list(random, all) } }),
  narrow: (random, all) => ({ entity: 'Card', where: { listId: list(random, all) }, columns }),
  label: (random, all) => ({ entity: 'CardLabel', key: { cardId: card(random, all), labelId: label(random) } }),
  labelled: (random) => ({ entity: 'CardLabel', where: { labelId: label(random) } }),
  labels: () => ({ entity: 'CardLabel' }),
  vault: (random, { vaults }) => ({ entity: 'Vault', key: vaultId(random.between(1, vaults)) }),
  accounts: (random, { accounts }) => ({ entity: 'Account', keys: [...new Set(random.list(3, () => random.between(1, accounts)))] }),
};

/** @returns {Write} */
function writeOf(random, n, setting) {
  const kind = random.weighted({ transfer: 30, edit: 16, race: 13, move: 12, delete: 8, insert: 11, label: 7, bulk: 1.5, sweep: 1, reread: 0.5 });
  const way = random.weighted({ ef: 8, ado: 1, scope: 1 });
  const end = random.weighted(way === 'ef' ? { commit: 88, savepoint: 4, rollback: 5, leave: 3 } : { commit: 88, rollback: 7, leave: 5 });
  const delay = way === 'ef' ? DELAYS.get(n % DELAYED_OF) : undefined;
  const isVoid = kind !== 'race' && kind !== 'bulk' && (end === 'rollback' || end === 'leave');
  return {
    kind, way, end, ...(delay && { delay }), note: `${isVoid ? 'void' : 'step'} ${n}`, card: card(random, setting), list: list(random, setting), label: label(random), done: random.chance(0.5),
    legs: kind === 'transfer' ? legsOf(random, setting) : [],
  };
}

/** From accounts to accounts and vaults; nothing is lost. */
function legsOf(random, setting) {
  const accounts = [...new Set(random.list(random.between(1, 3), () => random.between(1, setting.accounts)))];
  const amounts = accounts.map(() => random.between(-50, 50));
  // Each touches both: where rows are read again for it, the money is read as a whole.
  if (amounts.reduce((sum, amount) => sum + amount, 0) === 0) amounts[0]++;
  return [
    ...accounts.map((account, i) => ({ account, amount: amounts[i] })),
    { vault: random.between(1, setting.vaults), amount: -amounts.reduce((sum, amount) => sum + amount, 0) },
  ];
}

export const vaultId = (number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
