import { Socket } from './socket.mjs';
import { invocation, SEPARATOR } from './steps.mjs';

/** Somebody else, who shows the things of group 1 and is to be spared by all that happens. */
export class Bystander {
  #socket;
  #texts = new Map();

  subscriptions = 1;

  constructor(url) {
    this.#socket = new Socket(url);
  }

  async open() {
    await this.#socket.opened;
    this.#socket.send('{"protocol":"json","version":1}' + SEPARATOR + invocation('{"type":"hello","protocol":{"min":1,"max":1}}')
      + invocation('{"type":"subscribe","subscriptions":[{"id":1,"entity":"Thing","where":{"groupId":1},"columns":["id","text"]}]}'));
    if (!await this.#socket.until(() => this.#merge() && this.#texts.size === 5, 20_000)) throw new Error(`The bystander was not served: ${this.told}`);
  }

  /** Whether it comes to show a text for a thing. */
  sees(id, text, limitMs) {
    return this.#socket.until(() => this.#merge() && this.#texts.get(id) === text, limitMs);
  }

  /** What it shows, and what it heard last. */
  get told() {
    return `${this.#socket.closed ? 'closed, ' : ''}${JSON.stringify([...this.#texts])}: ${this.#socket.heard}`;
  }

  close() {
    this.#socket.drop();
  }

  #merge() {
    for (const op of this.#socket.messages.splice(0).flatMap(({ steps = [] }) => steps.flat())) {
      for (const { id, text } of op.rows ?? []) this.#texts.set(id, text);
      if (op.set) this.#texts.set(op.key, op.set.text);
    }
    return true;
  }
}
