import { once } from 'node:events';
import net from 'node:net';

/** A line to a server, of bare TCP, that can be cut or stalled: whatever goes over it. */
export class Line {
  /** Where what a socket says goes. */
  #sockets = new Map();
  #isCut = false;
  #isStalled = false;
  #server;

  /** @param {string} url of the server */
  static async to(url) {
    const line = new Line();
    const { hostname, port } = new URL(url);
    line.#server = net.createServer((near) => {
      if (line.#isCut) return near.destroy();
      const far = net.connect(Number(port), hostname);
      for (const [one, other] of [[near, far], [far, near]]) {
        line.#sockets.set(one, other);
        one.on('error', () => {}); // it closes, too
        one.on('close', () => {
          line.#sockets.delete(one);
          other.destroy();
        });
        if (!line.#isStalled) one.pipe(other);
      }
    });
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  /** Where the server answers over this line. */
  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Ends whatever is connected, and lets nobody through until `restore`. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  restore() {
    this.#isCut = false;
  }

  /** Lets nothing through in either direction, and ends nothing, until `flow`. */
  stall() {
    this.#isStalled = true;
    for (const socket of this.#sockets.keys()) socket.unpipe();
  }

  flow() {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    for (const [one, other] of this.#sockets) one.pipe(other);
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
