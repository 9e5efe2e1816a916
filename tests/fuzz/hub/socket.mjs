import WebSocket from 'ws';
import { SEPARATOR } from './steps.mjs';

/** A connection that sends whatever it is told to, and keeps what comes: SignalR's frames, and the server messages in them. */
export class Socket {
  #socket;
  #wake = () => {};
  #text = '';

  /** Server messages that nobody has taken yet. */
  messages = [];
  /** SignalR's completions and closing frames. */
  frames = [];
  closed = false;
  /** All that came, for reports. */
  heard = '';

  constructor(url) {
    this.#socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
    this.#socket.on('message', (data) => this.#take(data.toString()));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    this.opened = new Promise((resolve) => {
      this.#socket.once('open', () => resolve(true));
      this.#socket.once('close', () => resolve(false));
    });
  }

  /** @param {string | Buffer} data */
  send(data) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data, () => {});
  }

  /** Bytes that the other side has not taken yet. */
  get waiting() {
    return this.#socket.bufferedAmount;
  }

  /** Reads no more. (ws 7 has no way of its own to say that.) */
  pause() {
    this.#socket._socket.pause();
  }

  close() {
    this.#socket.close();
  }

  drop() {
    this.#socket.terminate();
  }

  /** Waits until `condition` gives something, or the connection has ended, or for `limitMs`. @returns what it gave */
  async until(condition, limitMs) {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = condition();
      if (found || this.closed || performance.now() >= deadline) return found;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, deadline - performance.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #take(text) {
    this.heard = (this.heard + text).slice(-4000);
    const parts = (this.#text + text).split(SEPARATOR);
    this.#text = parts.pop();
    for (const part of parts) {
      const frame = JSON.parse(part);
      if (frame.type === 1) this.messages.push(...frame.arguments[0]);
      else if (frame.type !== 6) this.frames.push(frame);
    }
    this.#wake();
  }
}
