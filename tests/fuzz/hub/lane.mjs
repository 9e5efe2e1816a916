import { Socket } from './socket.mjs';
import { invocation, SEPARATOR } from './steps.mjs';
import { faultCodes, faultOf, knownCodes } from './texts.mjs';

/**
 * A frame of a type that SignalR does not know keeps it from reading what comes after, until more than its limit for a message has come; then it closes the
 * connection. So after so long without an answer it gets that much, in frames that change nothing.
 */
const PING_MS = 500;
const PINGS = `{"type":6}${SEPARATOR}`.repeat(12_000);

/** Ids of the harness's own subscriptions are counted from here; steps have others. */
const FIRST_ID = 1_000_000;

/** After so many steps a connection has to show that it can still subscribe; it has to answer after each. */
const STEPS_A_PROBE = 4;

/** Never changed (tests/fuzz/server/FuzzDb.cs), and written here by hand as docs/protocol.md says. */
const PROBE = { entity: 'Thing', keys: [11], columns: ['id', 'big', 'price', 'text', 'at', 'span', 'color', 'data', 'words', 'json'] };
const PROBED = [{
  id: 11, at: '1970-01-01T00:00:00.000000Z', big: '9223372036854775807', color: 'Red', data: 'AQID', json: {}, price: '12.50', span: 'PT0S', text: 'thing 11', words: ['a', 'b'],
}];

/** One connection, on which steps are taken one after the other; after each of them it is as good as before, or SignalR has closed it and the next one is. */
export class Lane {
  #server;
  #tally;
  #socket;
  #step;
  #because;
  #sent = '';
  #ids = FIRST_ID;
  #limitMs;
  #taken = 0;

  /** @param {number} limitMs how long the server may take for anything: not to be met, but to end */
  constructor(server, tally, limitMs) {
    this.#server = server;
    this.#tally = tally;
    this.#limitMs = limitMs;
  }

  /** Opens the connection that steps are taken on. */
  async open() {
    this.#socket = await this.#connect();
  }

  close() {
    this.#socket?.drop();
  }

  /** Takes a step and checks what comes of it. */
  async take(n, step) {
    this.#step = n;
    this.#because = step;
    await this[step.kind](step);
    this.#tally.steps++;
    this.#taken++;
    if (this.#taken % STEPS_A_PROBE === 0) await this.#probe(this.#socket);
  }

  async message({ json, id, code, answers, closes }) {
    this.#sent = json;
    const socket = this.#socket;
    socket.send(invocation(json, id));
    const found = await this.#settle(socket, closes);
    if (!found) return;
    const given = found.filter(({ type, id: of = 0 }) => (type === 'error' || type === 'subscribed') && !(of > FIRST_ID && of <= this.#ids));
    this.#check(given.length >= answers[0] && given.length <= answers[1], `from ${answers[0]} to ${answers[1]} answers`, given);
    if (code) this.#check(given[0]?.code === code, `an error with code ${code}`, given);
    if (id) await this.#completed(socket, id, (completion) => completion.error === undefined, 'a completion without an error');
    await this.#tidy(socket, found);
  }

  async frame({ frames, closes, completion }) {
    this.#sent = JSON.stringify(frames);
    const socket = this.#socket;
    for (const frame of frames) socket.send(typeof frame === 'string' ? frame : Buffer.from(frame.base64, 'base64'));
    const found = await this.#settle(socket, closes);
    if (!found) return;
    if (completion) await this.#completed(socket, completion.id, ({ error }) => typeof error === 'string', 'a completion with an error');
    await this.#tidy(socket, found);
  }

  async flood({ messages }) {
    this.#sent = messages.join();
    for (const message of messages) this.#socket.send(invocation(message));
    await this.#settle(this.#socket, false);
  }

  /** Another connection, from its first byte. */
  async greeting({ handshake, isRight, before, then }) {
    this.#sent = handshake + before.join();
    const socket = new Socket(this.#server.hubUrl);
    await socket.opened;
    socket.send(handshake + SEPARATOR);
    for (const message of before) socket.send(invocation(message));
    if (then === 'drop') return socket.drop();
    if (then === 'close') return socket.close();
    socket.send(invocation('{"type":"hello","protocol":{"min":1,"max":1}}'));
    const welcome = await socket.until(() => socket.messages.find(({ type }) => type === 'welcome'), this.#limitMs);
    if (isRight) {
      const told = socket.messages.filter(({ type }) => type === 'error');
      this.#check(Boolean(welcome) && told.length === before.length && told.every(({ code }) => code === 'bad_message' || code === 'protocol'),
        `an error for each of ${before.length} messages, then a welcome`, socket.messages);
      socket.messages.forEach((message) => this.#checkError(message));
      await this.#probe(socket);
    } else {
      this.#check(welcome !== undefined || socket.closed, 'a connection that works or is closed', socket.heard);
    }
    socket.drop();
  }

  /** Another connection, which asks and does not read. */
  async stall({ message, count }) {
    const socket = await this.#connect();
    socket.pause();
    for (let i = 0; i < count; i++) socket.send(invocation(message));
    await this.#probe(this.#socket);
    socket.drop();
  }

  async http({ method, path, headers, body }) {
    let status;
    try {
      const response = await fetch(this.#server.hubUrl + path, { method, headers, body, signal: AbortSignal.timeout(this.#limitMs) });
      status = response.status;
      await response.body?.cancel();
    } catch (error) {
      status = error.cause?.code ?? error.name;
    }
    this.#check(status < 500, 'a status below 500', status);
  }

  /** A connection by long polling: post, and get what it is answered. */
  async polling({ body }) {
    const { connectionToken } = await (await fetch(`${this.#server.hubUrl}/negotiate?negotiateVersion=1`, { method: 'POST' })).json();
    const url = `${this.#server.hubUrl}?id=${encodeURIComponent(connectionToken)}`;
    const ask = (method, content) => fetch(url, { method, ...(content !== undefined && { body: content }), signal: AbortSignal.timeout(this.#limitMs) });
    const first = await ask('GET');
    const statuses = [first.status];
    await first.arrayBuffer();
    for (const content of ['{"protocol":"json","version":1}' + SEPARATOR + invocation('{"type":"hello","protocol":{"min":1,"max":1}}'), body]) {
      const posted = await ask('POST', content);
      statuses.push(posted.status);
      await posted.arrayBuffer();
    }
    const polled = await ask('GET');
    const text = await polled.text();
    const deleted = await ask('DELETE');
    this.#check([...statuses, polled.status, deleted.status].every((status) => status < 500) && (text.includes('{}') || polled.status !== 200),
      'a handshake that is answered, and no status from 500 on', { statuses, polled: polled.status, text });
  }

  async #connect() {
    const socket = new Socket(this.#server.hubUrl);
    socket.send('');
    const isOpen = await socket.opened;
    socket.send('{"protocol":"json","version":1}' + SEPARATOR + invocation('{"type":"hello","protocol":{"min":1,"max":1}}'));
    const welcome = await socket.until(() => socket.messages.find(({ type }) => type === 'welcome'), this.#limitMs);
    this.#check(isOpen && welcome !== undefined, 'a new connection that is welcomed', socket.heard || 'nothing');
    socket.messages = [];
    return socket;
  }

  /**
   * Asks for something that does not exist, and waits for the answer: all that was sent before has been answered by then. What LiveHub says is checked.
   * @returns the messages before that answer; undefined where the connection was closed, or answers no more, and another stands in its place
   */
  async #settle(socket, mayClose) {
    const id = ++this.#ids;
    const ask = invocation(`{"type":"subscribe","subscriptions":[{"id":${id},"entity":"?"}]}`);
    // What a torn frame swallows is sent again.
    for (let i = mayClose ? 2 : 1; i > 0; i--) socket.send(ask);
    const isAnswer = (message) => message.id === id && message.type === 'error';
    let answer;
    for (let waited = 0; waited < this.#limitMs && !answer && !socket.closed; waited += PING_MS) {
      answer = await socket.until(() => socket.messages.find(isAnswer), PING_MS);
      if (!answer && mayClose) socket.send(PINGS);
    }
    this.#check(answer !== undefined || (mayClose && socket.closed), mayClose ? 'an answer, or a connection that SignalR closes' : 'an answer on the same connection',
      socket.closed ? `closed: ${socket.heard}` : `nothing: ${socket.heard}`);
    const found = answer ? socket.messages.splice(0, socket.messages.indexOf(answer) + 1).slice(0, -1) : socket.messages.splice(0);
    found.forEach((message) => this.#checkError(message));
    for (const { error } of socket.frames) if (error !== undefined) this.#checkText(error);
    if (answer) return found;
    socket.drop();
    if (socket === this.#socket) await this.open();
    return undefined;
  }

  async #completed(socket, id, isRight, expected) {
    const completion = await socket.until(() => socket.frames.find((frame) => frame.type === 3 && frame.invocationId === id), this.#limitMs);
    this.#check(completion !== undefined && isRight(completion), expected, completion ?? 'none');
    socket.frames = [];
  }

  /** Closes what a step has opened. */
  async #tidy(socket, found) {
    const ids = found.filter(({ type }) => type === 'subscribed').map(({ id }) => id);
    if (ids.length > 0) socket.send(invocation(JSON.stringify({ type: 'unsubscribe', ids })));
  }

  /** The next good message works. */
  async #probe(socket) {
    const id = ++this.#ids;
    socket.send(invocation(JSON.stringify({ type: 'subscribe', subscriptions: [{ id, ...PROBE }] })));
    const rows = await socket.until(() => {
      const shape = socket.messages.find((message) => message.type === 'subscribed' && message.id === id)?.shape;
      return rowsOf(socket.messages, shape);
    }, this.#limitMs);
    this.#check(JSON.stringify(rows) === JSON.stringify(PROBED), PROBED, rows ?? (socket.closed ? `closed: ${socket.heard}` : `nothing: ${socket.heard}`));
    socket.send(invocation(`{"type":"unsubscribe","ids":[${id}]}`));
    for (const message of socket.messages.splice(0)) this.#checkError(message);
  }

  #checkError(message) {
    if (message.type !== 'error' || message.code === undefined) return;
    this.#check(knownCodes.has(message.code) && !faultCodes.has(message.code), 'an error with a code of docs/protocol.md that blames the message', message);
    this.#checkText(message.message);
  }

  #checkText(text) {
    const fault = faultOf(text, this.#sent);
    this.#check(fault === undefined, fault, text);
  }

  #check(ok, expected, seen) {
    this.#tally.check(ok, () => ({ step: this.#step, expected, seen, because: this.#because }));
  }
}

/** The rows of a shape's last snapshot, as far as they have come. */
function rowsOf(messages, shape) {
  const ops = messages.filter(({ type }) => type === 'steps').flatMap(({ steps }) => steps.flat()).filter((op) => op.shape === shape && op.rows);
  return ops.length > 0 ? ops.flatMap(({ rows }) => rows) : undefined;
}
