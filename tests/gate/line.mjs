import { once } from 'node:events';
import net from 'node:net';

/** A line to a server, of bare TCP, that can be cut, stalled, and led elsewhere: whatever goes over it. */
export class Line {
  #sockets = new Set();
  /** The ends that the server sends to. */
  #ends = new Set();
  #isCut = false;
  #isStalled = false;
  #target;
  #server;

  /** @param {string} url of the server */
  static async to(url) {
    const line = new Line();
    line.turnTo(url);
    line.#server = net.createServer((near) => {
      if (line.#isCut) return near.destroy();
      const far = net.connect(line.#target);
      for (const [one, other] of [[near, far], [far, near]]) {
        line.#sockets.add(one);
        one.on('error', () => {}); // it closes, too
        one.on('close', () => {
          line.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
      line.#ends.add(far);
      far.on('close', () => line.#ends.delete(far));
      if (line.#isStalled) far.pause();
    });
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  /** Where the server answers over this line. */
  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Who connects from now on gets to another server. */
  turnTo(url) {
    const { hostname, port } = new URL(url);
    this.#target = { port: Number(port), host: hostname };
  }

  /** Nothing that the server sends is read until `resume`: its socket fills up. */
  stall() {
    this.#isStalled = true;
    for (const end of this.#ends) end.pause();
  }

  resume() {
    this.#isStalled = false;
    for (const end of this.#ends) end.resume();
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
