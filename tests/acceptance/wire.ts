/** A message of the protocol, as it stood in a frame (docs/protocol.md). */
export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What `steps` and `part` carry: row ops and snapshot ops. */
export interface Op {
  readonly key?: unknown;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly row?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A subscription as it was asked for. */
export interface Asked {
  readonly id: number;
  readonly entity: string;
  readonly [field: string]: unknown;
}

/** What a browser's WebSocket and that of Node's package `ws` have in common. */
interface Socket {
  readonly readyState: number;
  addEventListener(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** Of `ws` alone, where setting `onmessage` takes away what was added by `addEventListener`. */
  on?(event: 'message', listener: (data: unknown) => void): void;
  send(data: string, ...rest: unknown[]): void;
  close(): void;
  /** Ends it without a closing handshake; not in browsers. */
  terminate?(): void;
}
export type SocketConstructor = new (url: string, protocols?: string | string[], options?: object) => Socket;

const CLOSED = 3;

/** Ends each message of SignalR's JSON protocol. */
const SEPARATOR = '\u001e';
const INVOCATION = 1;

/** Everything that goes over the sockets of one hub, in both directions, as raw frames; and a way to cut the line. */
export class Wire {
  /** The server's hub invocations in order; each is the array of messages that one `Receive` brought. SignalR's pings are left out. */
  readonly received: (readonly Message[])[] = [];
  /** The client's messages in order. */
  readonly sent: Message[] = [];
  /** All text that came, as it came. */
  text = '';
  /** While true, no socket can be opened. */
  offline = false;
  readonly #sockets: Socket[] = [];

  /** A WebSocket class whose sockets are recorded here. */
  readonly WebSocket: SocketConstructor;

  constructor(WebSocket: SocketConstructor) {
    const wire = this;
    this.WebSocket = class extends WebSocket {
      constructor(...args: ConstructorParameters<SocketConstructor>) {
        if (wire.offline) throw new Error('The line is cut.');
        super(...args);
        wire.#sockets.push(this);
        const hear = (data: unknown) => {
          wire.text += String(data);
          for (const [messages] of invocations(String(data))) wire.received.push(messages as readonly Message[]);
        };
        if (this.on) this.on('message', hear);
        else this.addEventListener('message', ({ data }) => hear(data));
      }

      override send(data: string, ...rest: unknown[]): void {
        for (const [message] of invocations(data)) wire.sent.push(message as Message);
        super.send(data, ...rest);
      }
    };
  }

  /** How many sockets there have been. */
  get sockets(): number {
    return this.#sockets.length;
  }

  get isClosed(): boolean {
    return this.#sockets.every((socket) => socket.readyState === CLOSED);
  }

  /** Ends the socket that is open, without a closing handshake where the platform allows it, and lets no other come up until `restore`. */
  cut(): void {
    this.offline = true;
    this.drop();
  }

  /** Ends the socket that is open. */
  drop(): void {
    const socket = this.#sockets.at(-1);
    if (socket?.terminate) socket.terminate();
    else socket?.close();
  }

  restore(): void {
    this.offline = false;
  }

  /** Everything that was asked for with these fields, over all connections. */
  asked(target: Readonly<Record<string, unknown>>): Asked[] {
    const all = this.sent.filter((m) => m.type === 'subscribe').flatMap((m) => m['subscriptions'] as Asked[]);
    return all.filter((ask) => Object.entries(target).every(([field, value]) => JSON.stringify(ask[field]) === JSON.stringify(value)));
  }

  /** The ids that were unsubscribed from. */
  get unsubscribed(): number[] {
    return this.sent.filter((m) => m.type === 'unsubscribe').flatMap((m) => m['ids'] as number[]);
  }

  /** The number that the server gave to the shape of the last subscription with these fields. */
  shape(target: Readonly<Record<string, unknown>>): number {
    const id = this.asked(target).at(-1)?.id;
    const answer = this.received.flat().findLast((m) => m.type === 'subscribed' && m['id'] === id);
    if (!answer) throw new Error(`Nothing was subscribed to with ${JSON.stringify(target)}.`);
    return answer['shape'] as number;
  }
}

/** The arguments of the hub invocations in a frame. */
function invocations(frame: string): unknown[][] {
  return frame.split(SEPARATOR).filter((text) => text !== '')
    .map((text) => JSON.parse(text) as { readonly type?: number; readonly arguments: unknown[] })
    .filter((message) => message.type === INVOCATION)
    .map((message) => message.arguments);
}

/** The row and snapshot ops of some messages. */
export const opsOf = (messages: readonly Message[]): Op[] => messages.flatMap((m) => (m.type === 'part' ? (m['ops'] as Op[]) : m.type === 'steps' ? (m['steps'] as Op[][]).flat() : []));
