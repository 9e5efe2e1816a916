import net from 'node:net';
import { ended } from '../../../tools/lib/processes.mjs';
import { forgetRedis, startRedis } from '../../../tools/lib/redis.mjs';
import { makeTempFolder, removeTempFolder } from '../../../tools/lib/temp.mjs';
import { RespFrames } from './resp-frames.mjs';

const ANSWER_LIMIT_MS = 10_000;

/** A redis-server that can be killed, and comes back with what it had, or empty. Nodes reach it by lines, which lead to wherever it is. */
export class ChaosRedis {
  /** @type {import('./redis-line.mjs').RedisLine[]} */
  lines = [];
  #folder = makeTempFolder();
  #running;
  #shutdown;

  constructor(shutdown) {
    this.#shutdown = shutdown;
    shutdown.add(() => removeTempFolder(this.#folder));
  }

  static async start(shutdown) {
    const redis = new ChaosRedis(shutdown);
    await redis.run();
    return redis;
  }

  get port() {
    return this.#running.port;
  }

  /** For StackExchange.Redis, over a line. */
  configurationAt(port) {
    return `127.0.0.1:${port},password=${this.#running.password}`;
  }

  /** Starts it, again after `kill`. @param {{ isEmpty?: boolean }} [options] */
  async run({ isEmpty = false } = {}) {
    if (isEmpty) forgetRedis(this.#folder);
    // SIGKILL reaches it while it stands still, too.
    this.#running = await startRedis(this.#folder, { durable: true, password: this.#running?.password, deathSignal: 'SIGKILL', shutdown: this.#shutdown });
    for (const line of this.lines) line.turnTo(this.port);
  }

  /** Ends it without a word. */
  async kill() {
    const { child, stop } = this.#running;
    child.kill('SIGKILL');
    await ended(child);
    await stop();
  }

  /** It answers nothing, and its connections stay, until `goOn`. */
  hang() {
    this.#running.child.kill('SIGSTOP');
  }

  goOn() {
    this.#running.child.kill('SIGCONT');
  }

  /** A command whose answer is a number or a text of one line. @returns {Promise<string>} */
  execute(...command) {
    return new Promise((resolve, reject) => {
      const frames = new RespFrames();
      const answers = [];
      const socket = net.connect({ port: this.port, host: '127.0.0.1' });
      socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy(new Error(`Redis does not answer ${command[0]}.`)));
      socket.on('error', reject);
      socket.on('data', (piece) => {
        answers.push(...frames.add(piece).map(String));
        if (answers.length < 2) return;
        socket.destroy();
        const refusal = answers.find((answer) => answer.startsWith('-'));
        if (refusal) reject(new Error(`Redis refuses ${command[0]}: ${refusal.trim()}`));
        else resolve(answers[1].slice(1).trim());
      });
      socket.on('close', () => reject(new Error(`Redis has not answered ${command[0]}.`)));
      for (const words of [['AUTH', this.#running.password], command]) {
        socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
      }
    });
  }
}
