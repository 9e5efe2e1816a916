import { Random } from '../../../tools/lib/seeded.mjs';
import { depthOf } from './json.mjs';
import { answersTo, junk, mutatedMessage, noise, validMessage, validSubscription, wrongMessage } from './messages.mjs';
import { toText } from './json.mjs';

/** Ends each message of SignalR's JSON protocol. */
export const SEPARATOR = '\u001e';

/** What a server takes at most, in bytes (docs/protocol.md, P3), and how deep SignalR reads. */
const MAX_MESSAGE_BYTES = 131_072;
const MAX_DEPTH = 64;

const HANDSHAKE = '{"protocol":"json","version":1}';

/**
 * @typedef {(
 *   | { kind: 'message', json: string, id?: string, code?: string, answers: [number, number], closes: boolean }
 *   | { kind: 'frame', frames: (string | { base64: string })[], closes: boolean, completion?: { id: string } }
 *   | { kind: 'flood', messages: string[] }
 *   | { kind: 'greeting', handshake: string, isRight: boolean, before: string[], then: 'talk' | 'close' | 'drop' }
 *   | { kind: 'stall', message: string, count: number }
 *   | { kind: 'http', method: string, path: string, headers: Record<string, string>, body?: string }
 *   | { kind: 'polling', body: string }
 * )} Step `closes`: whether SignalR may close the connection on it; LiveHub never does
 */

/** Step number `n` of a seed: the same, whatever came before. @returns {Step} */
export function stepOf(seed, n) {
  const random = new Random(seed, n);
  const kind = random.weighted({ mutated: 50, wrong: 14, valid: 8, frame: 14, bytes: 3, flood: 2, greeting: 6, stall: 0.1, http: 1.5, polling: 1 });
  return makers[kind](random, n);
}

const makers = {
  mutated: (random, n) => message(random, n, mutatedMessage(random)),

  valid: (random, n) => message(random, n, JSON.stringify(validMessage(random))),

  wrong(random, n) {
    const { code, message: wrong } = wrongMessage(random);
    return { ...message(random, n, JSON.stringify(wrong)), code };
  },

  frame: (random, n) => frames[random.pick(Object.keys(frames))](random, n),

  bytes: (random) => ({ kind: 'frame', closes: true, frames: [random.chance(0.5) ? noise(random, 200) : { base64: bytes(random, random.pick([1, 16, 300, 70_000])).toString('base64') }] }),

  flood(random) {
    const ids = random.list(random.pick([5, 40]), (i) => 1 + i);
    const messages = random.list(random.pick([50, 200, 500]), () => (random.chance(0.5)
      ? { type: 'subscribe', subscriptions: [{ ...validSubscription(random), id: random.pick(ids) }] }
      : { type: 'unsubscribe', ids: random.list(random.between(1, 20), () => random.pick(ids)) }));
    return { kind: 'flood', messages: [...messages, { type: 'unsubscribe', ids }].map((m) => JSON.stringify(m)) };
  },

  greeting(random) {
    const handshake = random.weighted({ right: 6, wrong: 2 }) === 'right' ? HANDSHAKE : random.pick([
      '{"protocol":"messagepack","version":1}', '{"protocol":"json","version":99}', '{"protocol":"json"}', '{"version":1}', '{}', '[]', 'null', '', '{"protocol":1,"version":"x"}',
      '{"protocol":"json","version":1', invocation('{"type":"hello","protocol":{"min":1,"max":1}}'), noise(random), 'x'.repeat(20_000),
      `{"protocol":"json","version":1,"${'x'.repeat(random.between(1, 5000))}":1}`]);
    const before = random.list(random.below(4), () => random.pick([
      () => JSON.stringify({ type: 'subscribe', subscriptions: [validSubscription(random)] }),
      () => '{"type":"unsubscribe","ids":[1]}',
      () => `{"type":"hello","protocol":{"min":${random.between(2, 9)},"max":${random.between(2, 99)}}}`,
      () => `{"type":"hello","protocol":${toText(random.pick([null, 1, 'x', [], { fields: [['min', 1]] }]))},"position":${toText(junk(random, 0))}}`,
    ])());
    // What is nested too deep SignalR does not read.
    const isRight = handshake === HANDSHAKE && before.every((json) => depthOf(json) + 2 <= MAX_DEPTH);
    return { kind: 'greeting', handshake, isRight, before, then: random.weighted({ talk: 4, close: 1, drop: 1 }) };
  },

  stall: (random) => ({ kind: 'stall', message: JSON.stringify({ type: 'subscribe', subscriptions: random.list(2_000, () => ({ id: 1, entity: noise(random, 5) })) }), count: random.between(5, 40) }),

  http(random) {
    const query = random.pick(['', '?id=', '?id=nothing', `?id=${encodeURIComponent(noise(random))}`, '?access_token=x', '?negotiateVersion=99', `?${noise(random, 5).replace(/[^\w]/g, '&')}`]);
    const body = random.pick([undefined, '', HANDSHAKE + SEPARATOR, noise(random, 300), JSON.stringify(validMessage(random))]);
    const method = random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']);
    const headers = random.pick([{}, { accept: 'text/event-stream' }, { 'content-type': 'application/json' }, { 'content-type': 'application/octet-stream' }, { 'x-signalr-user-agent': 'x'.repeat(2000) }]);
    return { kind: 'http', method, path: random.pick(['', '/', '/negotiate', '/nothing']) + query, headers, ...(method !== 'GET' && method !== 'HEAD' && body !== undefined && { body }) };
  },

  polling: (random) => ({ kind: 'polling', body: random.pick([
    () => invocation(JSON.stringify(validMessage(random))), () => invocation(mutatedMessage(random)), () => noise(random, 100), () => '', () => '{"type":1'])() }),
};

/** Frames that are not just what a client would send: SignalR's part. */
const frames = {
  ping: () => ({ kind: 'frame', closes: false, frames: ['{"type":6}' + SEPARATOR] }),
  unknownType: (random) => ({ kind: 'frame', closes: true, frames: [`{"type":${toText(junk(random, 0))}}` + SEPARATOR] }),
  close: () => ({ kind: 'frame', closes: true, frames: ['{"type":7,"error":"x","allowReconnect":true}' + SEPARATOR] }),
  sequence: (random) => ({ kind: 'frame', closes: true, frames: [`{"type":${random.pick([8, 9])},"sequenceId":${random.pick([-1, 0, 1, 9e15])}}` + SEPARATOR] }),
  cancel: (random) => ({ kind: 'frame', closes: false, frames: [`{"type":5,"invocationId":"${random.below(9)}"}` + SEPARATOR] }),
  completion: (random) => ({ kind: 'frame', closes: true, frames: [`{"type":3,"invocationId":"${random.below(9)}","result":${toText(junk(random, 2))}}` + SEPARATOR] }),
  streamItem: (random) => ({ kind: 'frame', closes: true, frames: [`{"type":2,"invocationId":"${random.below(9)}","item":${toText(junk(random, 2))}}` + SEPARATOR] }),
  target: (random, n) => completed(random, n, { target: random.pick(['Receive', 'OnConnectedAsync', 'Dispose', 'ToString', 'Abort', '', noise(random)]), arguments: [validMessage(random)] }),
  argumentCount: (random, n) => completed(random, n, { target: 'Send', arguments: random.list(random.pick([0, 2, 3, 20]), () => validMessage(random)) }),
  stream: (random, n) => ({ ...completed(random, n, { type: 4, target: 'Send', arguments: [validMessage(random)] }), closes: true }),
  streamIds: (random, n) => ({ ...completed(random, n, { target: 'Send', arguments: [], streamIds: random.list(random.between(1, 3), String) }), closes: true }),
  headers: (random) => ({ kind: 'frame', closes: true, frames: [`{"type":1,"headers":${toText(junk(random, 2))},"target":"Send","arguments":[{"type":"unsubscribe","ids":[]}]}` + SEPARATOR] }),
  fields: (random) => ({ kind: 'frame', closes: true, frames: [toText({ fields: random.list(random.between(0, 6), () => [
    random.pick(['type', 'target', 'arguments', 'invocationId', 'error', 'item', 'result', 'streamIds', 'x']), random.pick([1, 2, 3, 4, 5, 6, 'Send', [], [{ fields: [] }], junk(random, 1)])]) }) + SEPARATOR] }),

  /** A text that is no JSON any more, or no whole frame. */
  torn(random) {
    const whole = invocation(random.chance(0.5) ? JSON.stringify(validMessage(random)) : mutatedMessage(random));
    const at = random.below(whole.length);
    return { kind: 'frame', closes: true, frames: [random.pick([
      () => whole.slice(0, at), () => whole.slice(at), () => whole.slice(0, at) + noise(random, random.between(1, 4)) + whole.slice(at), () => whole.slice(0, at) + whole.slice(at + 1),
      () => whole.replaceAll('"', "'"), () => `\ufeff${whole}`, () => whole.replace(SEPARATOR, random.pick(['\n', '\u001d', '\0', SEPARATOR + SEPARATOR])), () => SEPARATOR.repeat(random.between(1, 50)),
      () => whole.replace('[', '[/* comment */'), () => whole.replace(/}(?=\]})/, ',}'),
    ])()] };
  },

  /** A message that is too large for the transport. */
  large: (random) => ({ kind: 'frame', closes: true, frames: [invocation(JSON.stringify({ type: 'unsubscribe', ids: [1], x: 'x'.repeat(MAX_MESSAGE_BYTES + random.below(200_000)) }))] }),

  /** Good messages, several at once and cut anywhere: all of them are handled. */
  pieces(random) {
    const whole = random.list(random.between(1, 5), () => invocation(JSON.stringify({ type: 'unsubscribe', ids: [random.between(1, 99)] }))).join('');
    const cut = random.below(whole.length);
    return { kind: 'frame', closes: false, frames: random.chance(0.5) ? [whole] : [whole.slice(0, cut), whole.slice(cut)] };
  },
};

/** The frame in which a client sends a message. */
export function invocation(json, id) {
  return `{"type":1,${id === undefined ? '' : `"invocationId":"${id}",`}"target":"Send","arguments":[${json}]}${SEPARATOR}`;
}

function message(random, n, json) {
  const size = Buffer.byteLength(json) + 100;
  const closes = depthOf(json) + 2 > MAX_DEPTH || size > MAX_MESSAGE_BYTES;
  return { kind: 'message', json, closes, answers: answersTo(json), ...(random.chance(0.5) && { id: `m${n}` }) };
}

/** An invocation that cannot be bound: SignalR says so where there is an id to say it to. */
function completed(random, n, fields) {
  const id = random.chance(0.7) ? `f${n}` : undefined;
  return { kind: 'frame', closes: false, frames: [JSON.stringify({ type: 1, ...(id && { invocationId: id }), ...fields }) + SEPARATOR], ...(id && { completion: { id } }) };
}

function bytes(random, length) {
  return Buffer.from(random.list(length, () => random.below(256)));
}
