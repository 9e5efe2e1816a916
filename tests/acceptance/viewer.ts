import { createLiveHub, type LiveHub, type SchemaShape } from '@livehub/client';
import type { Api } from './api.ts';
import { eventually } from './observe.ts';
import type { BoardSchema } from './schema.ts';
import { opsOf, Wire, type Message, type SocketConstructor } from './wire.ts';

/** Between attempts to connect: short, so that tests need not wait. */
const RECONNECT_DELAY_MS = 20;
const WEB_SOCKETS = 1;

/** Connects the real client to a server (`origin` is empty for that of the page), over a line that is recorded. */
export function connect<S extends SchemaShape<S>>(origin: string, { WebSocket }: Wire, onWait: () => void = () => {}): LiveHub<S> {
  const url = `${origin}/live`;
  return createLiveHub<S>(url, {
    // No other transport: nothing may go past the recording.
    configure: (builder) => void builder.withUrl(url, { WebSocket, transport: WEB_SOCKETS } as object),
    reconnectDelayMs: () => {
      onWait();
      return RECONNECT_DELAY_MS;
    },
  });
}

/** A user with one connection: the real client, and everything that goes over its line. */
export class Viewer {
  readonly wire: Wire;
  readonly live: LiveHub<BoardSchema>;
  /** How often it has waited to connect again. */
  waits = 0;
  readonly #api: Api;
  #marker: { readonly id: number; read: () => string | undefined } | undefined;
  #marks = 0;

  constructor(api: Api, WebSocket: SocketConstructor) {
    this.#api = api;
    this.wire = new Wire(WebSocket);
    this.live = connect<BoardSchema>(api.origin, this.wire, () => this.waits++);
  }

  /**
   * Makes a write that this connection sees and waits for it. The log has one order: what was written before, and concerns
   * this connection, has arrived by then. Returns what the write was.
   */
  async mark(): Promise<string> {
    this.#marker ??= await this.#watchMarker();
    const { id, read } = this.#marker;
    const name = `marker ${id}, ${++this.#marks}`;
    await this.#api.patch('labels', id, { name });
    await eventually(read, 'the marker').toBe(name);
    return name;
  }

  /** Every message that came over the line because of `writes`, as it stood in the frames: whatever the client made of it. */
  async heard(writes: () => Promise<unknown>): Promise<Message[]> {
    await this.mark();
    const from = this.wire.received.length;
    await writes();
    const marker = await this.mark();
    return this.wire.received.slice(from).flat().filter((message) => !isMarker(message, marker));
  }

  /** Waits until the server has handled all that the client has said so far. A connection's messages are handled in order. */
  async settle(): Promise<void> {
    const nothing = this.live.many('Comment', [crypto.randomUUID()]);
    await nothing.ready;
    nothing.close();
  }

  async #watchMarker() {
    const { id } = await this.#api.post('labels', { boardId: 1, name: 'marker' });
    const marker = this.live.one('Label', id);
    await marker.ready;
    return { id, read: () => marker.row?.name };
  }
}

function isMarker(message: Message, name: string): boolean {
  const [op, ...others] = opsOf([message]);
  return others.length === 0 && op?.set?.['name'] === name;
}
