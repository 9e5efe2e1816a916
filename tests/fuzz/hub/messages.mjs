import { objects, places, toText, toTree } from './json.mjs';

/** What the fuzz server exposes (tests/fuzz/server/FuzzDb.cs): columns with values that they can hold. */
const ENTITIES = {
  Thing: {
    keys: [1, 3, 11, 19, 21, -5, 2147483647],
    columns: {
      id: [1, 11], groupId: [1, 2, 3], flag: [true, false], small: [0, 255], middle: [null, -32768], positive: [0, 4294967295], big: ['9223372036854775807', -7],
      huge: ['18446744073709551615', 0], narrow: [0, 0.5, 'NaN'], wide: [null, 1e300, 'Infinity'], price: ['12.50', 12.5, '-99999999.99', '79228162514264337593543950335'],
      text: ['thing 1', null, '', 'ü😀', "';--"], letter: ['x', 'é'], uid: ['00000000-0000-0000-0000-000000000000'], at: ['1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z'],
      utc: ['1970-01-01T00:00:00.000000Z'], local: [null, '2026-11-21T10:15', '0001-01-01T00:00:00'], day: ['0001-01-01', '9999-12-31'], time: ['00:00:00', '23:59:59.999999'],
      span: ['PT0S', 'P10675199DT2H48M5.4775807S', '-P1D'], color: ['Red', 2, 77], named: ['Red', 'Blue'], data: ['AQID', ''],
    },
    unfilterable: ['words', 'json'],
    hidden: ['secret', 'Secret', 'shadow', 'Shadow', 'Id', 'xmin', 'ctid'],
  },
  Link: {
    keys: [{ thingId: 1, code: 'odd' }, { thingId: 2, code: 'even' }, { code: 'x', thingId: 99 }],
    columns: { thingId: [1, 2], code: ['odd', 'even', ''], weight: ['1', 2] },
    unfilterable: [],
    hidden: ['Weight', 'thing_id', 'secret'],
  },
};

/** Ids that fuzzers ask for; the harness has others. */
const MAX_ID = 999;

/** Of transactions of long ago: answered at once, as what is no token is. */
const OLD = '00000000000070008000000000000000';
const TOKENS = [OLD, `${OLD}.${OLD}`];

const WORDS = [
  'type', 'hello', 'subscribe', 'unsubscribe', 'seen', 'transaction', 'subscriptions', 'ids', 'id', 'entity', 'keys', 'where', 'columns', 'include', 'orderBy', 'limit', 'protocol', 'min', 'max', 'in',
  'position', 'fingerprint', 'Thing', 'Link', 'Vault', 'thingId', 'code', 'text', 'secret', '__proto__', 'constructor', '$id', '$ref', '$type', '', ' ', 'gt', 'or', 'not', 'resume', 'welcome',
];

const NUMBERS = [
  '0', '-0', '1', '-1', '1.5', '1.0', '1e0', '1e400', '-1e400', '1e-400', '0.1', '2147483647', '2147483648', '-2147483649', '4294967296', '9007199254740993', '9223372036854775807',
  '9223372036854775808', '-9223372036854775809', '18446744073709551616', '79228162514264337593543950336', '0.00000000000000000000000000000000001', '1E+2', `1${'0'.repeat(400)}`, `0.${'0'.repeat(400)}1`,
];

const TEXTS = [
  '""', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\uffff"', '"\\u202e"', '"\\\\ud800"', '"\\b\\f\\n\\r\\t\\/"', '"NaN"', '"Infinity"', '"-Infinity"', '"1e5"',
  '"0x10"', '" 1"', '"1 "', '"+1"', '"١"', '"null"', '"true"', '"[object Object]"', '"\' or 1=1; drop table \\"Things\\"; --"', '"%s%n{0}{{1}}"', '"../../etc/passwd"', '"<script>"', '"2026-02-30"',
  '"2026-11-21T25:00:00Z"', '"0000-00-00"', '"P99999999999999Y"', '"PT"', '"-P"', '"Red, Blue"', '"red"', '"AQI"', '"===="', '"00000000000000000000000000000000"', '"{00000000-0000-0000-0000-000000000000}"',
];

/** A message that the protocol knows, well formed. */
export function validMessage(random) {
  switch (random.weighted({ subscribe: 8, unsubscribe: 1, hello: 1, seen: 1 })) {
    case 'hello':
      return { type: 'hello', protocol: { min: random.between(-1, 2), max: random.between(0, 9) }, client: 'fuzz' };
    case 'seen':
      return { type: 'seen', transaction: random.pick([...TOKENS, noise(random)]) };
    case 'unsubscribe':
      return { type: 'unsubscribe', ids: random.list(random.below(4), () => random.between(1, MAX_ID)) };
    default:
      return { type: 'subscribe', subscriptions: random.list(random.pick([1, 1, 1, 2, 3, 8]), () => validSubscription(random)) };
  }
}

export function validSubscription(random) {
  const entity = random.pick(Object.keys(ENTITIES));
  const { keys, columns } = ENTITIES[entity];
  const ask = { id: random.between(1, MAX_ID), entity };
  const form = random.weighted({ keys: 3, where: 4, whole: 1 });
  if (form === 'keys') ask.keys = random.list(random.pick([1, 1, 2, 5]), () => random.pick(keys));
  if (form === 'where') ask.where = Object.fromEntries(random.list(random.between(1, 3), () => validTerm(random, columns)));
  if (random.chance(0.3)) ask.columns = random.list(random.between(1, 4), () => random.pick([...Object.keys(columns), ...ENTITIES[entity].unfilterable]));
  return ask;
}

function validTerm(random, columns) {
  const column = random.pick(Object.keys(columns));
  const value = () => random.pick(columns[column]);
  return [column, random.chance(0.3) ? { in: random.list(random.below(5), value) } : value()];
}

/** A message that is wrong in one known way, and the code that it has to be refused with. */
export function wrongMessage(random) {
  const entity = random.pick(Object.keys(ENTITIES));
  const { columns, hidden, unfilterable } = ENTITIES[entity];
  const column = random.pick(Object.keys(columns));
  const term = (name, value) => ({ where: { [name]: value } });
  const unknown = random.pick([...hidden, noise(random)]);
  const wrongs = {
    unknown_entity: () => ({ entity: random.pick(['Vault', 'thing', 'THING', 'FuzzServer.Thing', 'pg_class', '', ' Thing', noise(random)]) }),
    unknown_column: () => random.pick([term(unknown, 1), term(unknown, { gt: [] }), { columns: [column, unknown] }, { ...term(column, null), columns: [unknown] }]),
    unknown_operator: () => term(column, random.pick([{}, { gt: 1 }, { in: [], gt: 1 }, { In: [1] }, { in: [1], in2: [1] }, { [noise(random)]: null }])),
    wrong_type: () => random.pick([term(column, []), term(column, { in: 1 }), term(column, { in: [[]] }), { entity: 'Link', keys: [1] }, { entity: 'Link', keys: [{ thingId: 1 }] },
      { entity: 'Thing', keys: [random.pick([null, 'x', 1.5, {}, [], true, 2147483648])] }]),
    not_supported: () => random.pick([{ limit: 5 }, { include: {} }, { orderBy: 'x' }, ...(unfilterable.length ? [term(random.pick(unfilterable), null)] : [])]),
    too_many_keys: () => random.pick([{ entity: 'Thing', keys: random.list(1001, (i) => i) }, term(column, { in: random.list(1001, () => null) })]),
    too_many_terms: () => ({ entity: 'Thing', where: Object.fromEntries(Object.keys(ENTITIES.Thing.columns).slice(0, 11).map((name) => [name, ENTITIES.Thing.columns[name][0]])) }),
    bad_message: () => random.pick([{ keys: [] }, { keys: {} }, { where: [] }, { where: 'x' }, { columns: 'id' }, { columns: [1] }, { keys: [1], where: {} }]),
  };
  const code = random.pick(Object.keys(wrongs));
  return { code, message: { type: 'subscribe', subscriptions: [{ id: random.between(1, MAX_ID), entity, ...wrongs[code]() }] } };
}

/** JSON text that began as a message, or as nothing at all. */
export function mutatedMessage(random) {
  const tree = random.chance(0.1) ? junk(random, 4) : toTree(validMessage(random));
  const mutations = random.pick([1, 1, 1, 2, 3, 6]);
  return toText(random.list(mutations).reduce((mutated) => mutate(random, mutated), tree));
}

function mutate(random, tree) {
  const all = places(tree);
  if (all.length === 0) return random.chance(0.5) ? junk(random, 3) : tree;
  const { holder, index } = random.pick(all);
  const object = random.pick([...objects(tree), undefined]);
  switch (random.weighted({ replace: 5, remove: 2, add: 3, repeat: 2, rename: 2, swap: 1, wrap: 1, copy: 1 })) {
    case 'replace':
      holder[index] = junk(random, 3);
      break;
    case 'remove':
      object?.fields.splice(random.below(object.fields.length), 1);
      break;
    case 'add':
      object?.fields.push([name(random), junk(random, 2)]);
      break;
    case 'repeat':
      if (object?.fields.length) object.fields.push([random.pick(object.fields)[0], random.chance(0.5) ? random.pick(object.fields)[1] : junk(random, 2)]);
      break;
    case 'rename':
      if (object?.fields.length) random.pick(object.fields)[0] = name(random);
      break;
    case 'swap': {
      const other = random.pick(all);
      [holder[index], other.holder[other.index]] = [clone(other.holder[other.index]), clone(holder[index])];
      break;
    }
    case 'wrap':
      holder[index] = random.list(random.between(1, 20)).reduce((inner) => (random.chance(0.5) ? [inner] : { fields: [['in', inner]] }), holder[index]);
      break;
    case 'copy':
      if (Array.isArray(holder)) holder.push(...random.list(random.between(1, 30), () => clone(holder[index])));
      break;
  }
  return tree;
}

/** Two places must not hold one tree: a change of the one would make a circle of both. */
const clone = (tree) => structuredClone(tree);

/** A property's name: text, or raw JSON text in quotes. */
const name = (random) => (random.chance(0.8) ? random.pick(WORDS) : random.pick(TEXTS));

/** Any JSON. */
export function junk(random, depth) {
  switch (random.weighted({ number: 4, text: 4, word: 3, literal: 2, long: 0.3, deep: 0.3, array: depth > 0 ? 2 : 0, object: depth > 0 ? 2 : 0 })) {
    case 'number':
      return { raw: random.pick(NUMBERS) };
    case 'text':
      return { raw: random.pick(TEXTS) };
    case 'word':
      return random.pick(WORDS);
    case 'literal':
      return random.pick([null, true, false]);
    case 'long':
      return random.pick(['x', 'ü', '\\', '"', '😀']).repeat(random.pick([100, 5_000, 20_000]));
    case 'deep': {
      const levels = random.pick([10, 40, 58, 64, 300]);
      return { raw: random.chance(0.5) ? '['.repeat(levels) + ']'.repeat(levels) : '{"in":'.repeat(levels) + '1' + '}'.repeat(levels) };
    }
    case 'array':
      return random.list(random.pick([0, 1, 2, 3, 50]), () => junk(random, depth - 1));
    default:
      return { fields: random.list(random.below(5), () => [name(random), junk(random, depth - 1)]) };
  }
}

/** Characters of all kinds. */
export function noise(random, length = random.between(1, 40)) {
  return random.list(length, () => String.fromCodePoint(random.pick([
    random.between(32, 126), random.between(32, 126), random.between(0, 31), random.between(0xa0, 0xd7ff), random.between(0x1f300, 0x1f6ff), 0x1e, 0x22, 0x5c, 0x7b, 0x7d])))
    .join('');
}

/**
 * How many answers, `subscribed` or `error`, a message must get: at least and at most. What no reader of JSON would doubt is told exactly.
 * @param {string} text JSON
 */
export function answersTo(text) {
  const message = JSON.parse(text);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return [1, 1];
  if (message.type === 'unsubscribe') return [0, 1];
  if (message.type === 'seen' && typeof message.transaction === 'string') return [0, 1];
  if (message.type !== 'subscribe' || !Array.isArray(message.subscriptions)) return [1, 1];
  return [Math.min(1, message.subscriptions.length), Math.max(1, message.subscriptions.length)];
}
