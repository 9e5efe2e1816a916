import WebSocket from 'ws';

const END_OF_MESSAGE = '\x1e';

/**
 * Listens on the wire for the steps in which snapshots have entered (docs/protocol.md). With several nodes a snapshot may be ahead by what another process has committed and not yet published, as a
 * whole; collections that entered in one step are ahead by the same, and those that entered apart are not.
 */
export class Entries {
  /** What the server calls a subscription's shape on this connection, by the subscription's id. */
  #shapes = new Map();
  /** The step in which the rows of a subscription came, by its id. */
  #steps = new Map();

  /** For the client's connections. */
  get WebSocket() {
    const entries = this;
    return class extends WebSocket {
      constructor(...args) {
        super(...args);
        entries.#shapes.clear();
        const parts = new Map(); // of steps that are not complete
        this.on('message', (data) => entries.#hear(String(data), parts));
      }
    };
  }

  /** Whether the rows of these subscriptions are of one snapshot. @param {number[]} ids in the order in which they were opened, from 1 */
  areOne(ids) {
    const step = this.#steps.get(ids[0]);
    return step !== undefined && ids.every((id) => this.#steps.get(id) === step);
  }

  #hear(data, parts) {
    for (const text of data.split(END_OF_MESSAGE).filter(Boolean)) {
      const { target, arguments: [messages] = [] } = JSON.parse(text);
      if (target === 'Receive') for (const message of messages) this.#take(message, parts);
    }
  }

  #take({ type, id, shape, steps, step, ops, end }, parts) {
    if (type === 'subscribed') this.#shapes.set(id, shape);
    if (type === 'steps') steps.forEach((whole) => this.#enter(whole));
    if (type !== 'part') return;
    parts.set(step, [...(parts.get(step) ?? []), ...ops]);
    if (end) this.#enter(parts.get(step));
  }

  /** Until all of the message is merged, nobody knows which of it is shown. */
  #enter(ops) {
    const step = Symbol('step');
    const shapes = new Set(ops.filter(({ rows }) => rows).map((op) => op.shape));
    for (const [id, shape] of this.#shapes) {
      if (!shapes.has(shape)) continue;
      this.#steps.delete(id);
      setImmediate(() => this.#steps.set(id, step));
    }
  }
}
