import { once } from 'node:events';
import net from 'node:net';

/** A line to a server, of bare TCP, that can be cut: whatever goes over it. */
export class Line {
  #sockets = new Set();
  #isCut = false;
  #server;

  /** @param {string} url of the server */
  static async to(url) {
    const line = new Line();
    const { hostname, port } = new URL(url);
    line.#server = net.createServer((near) => {
      if (line.#isCut) return near.destroy();
      const far = net.connect(Number(port), hostname);
      for (const [one, other] of [[near, far], [far, near]]) {
        line.#sockets.add(one);
        one.on('error', () => {}); // it closes, too
        one.on('close', () => {
          line.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
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
    for (const socket of this.#sockets) socket.destroy();
  }

  restore() {
    this.#isCut = false;
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
