import { once } from 'node:events';
import net from 'node:net';
import { RespFrames } from './resp-frames.mjs';

/** A late delivery comes so long after it was due at most: longer than a node waits for what is out of order, or not. */
const LATE_MS = 120;

/** A node's line to Redis. Deliveries may get lost on it, come late, or twice; answers do not. */
export class RedisLine {
  /** How many deliveries met with which fate. */
  counts = { lost: 0, late: 0, doubled: 0 };
  /** What becomes of the next delivery, and of a share of those after it; how many it has met. @type {{ how: 'lost' | 'late' | 'doubled', share: number, met: number } | undefined} */
  fault;
  #sockets = new Set();
  #random;
  #server;
  #target;

  /** @param {number} target Redis's port @param {import('../../../tools/lib/seeded.mjs').Random} random */
  static async to(target, random) {
    const line = new RedisLine();
    line.#random = random;
    line.turnTo(target);
    line.#server = net.createServer((near) => line.#serve(near));
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Who connects from now on gets to another Redis. */
  turnTo(port) {
    this.#target = port;
  }

  async close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #serve(near) {
    const far = net.connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    near.setNoDelay(true);
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.on('error', () => {}); // it closes, too
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far);
    const frames = new RespFrames();
    far.on('data', (piece) => {
      for (const frame of frames.add(piece)) this.#pass(frame, near);
    });
  }

  #pass(frame, near) {
    const fault = this.fault;
    if (!fault || !RespFrames.isDelivery(frame) || (fault.met > 0 && !this.#random.chance(fault.share))) return void near.write(frame);
    const { how } = fault;
    fault.met++;
    this.counts[how]++;
    if (how === 'doubled') near.write(frame);
    if (how !== 'lost') setTimeout(() => near.writable && near.write(frame), this.#random.below(LATE_MS)).unref();
  }
}
