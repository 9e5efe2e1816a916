import { inRoot } from '../../../tools/lib/paths.mjs';
import { ended, spawnTied, stopChild } from '../../../tools/lib/processes.mjs';
import { WRITERS } from '../schedule.mjs';

/** Steps in progress at a time: rows are raced for. */
const AT_ONCE = 18;

/** Processes that write. */
export class Writers {
  /** How many steps were answered with which status. */
  answers = new Map();
  #children;
  #unanswered = 0;
  #options;
  #failed;
  #wake = () => {};

  /** @param {{ url: string, seed: number, nodes: number, shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown }} options */
  constructor(options) {
    this.#options = options;
    this.#children = Array.from({ length: WRITERS }, () => this.#start());
  }

  /** Has a step done; resolves when there is room for the next. */
  async take(n) {
    await this.#until(() => this.#unanswered < AT_ONCE);
    this.#unanswered++;
    const { child, steps } = this.#children[n % WRITERS];
    steps.add(n);
    child.send(n);
  }

  /** Resolves when all steps are done. */
  settle() {
    return this.#until(() => this.#unanswered === 0);
  }

  /** Ends a process without a word, and starts another one; what becomes of the steps that it was at, nobody knows. */
  async kill(number) {
    const { child, steps } = this.#children[number];
    this.#children[number] = this.#start();
    child.removeAllListeners();
    child.kill('SIGKILL');
    await ended(child);
    for (const n of steps) this.#answered(steps, n, 0);
  }

  #start() {
    const { url, seed, nodes, shutdown } = this.#options;
    const child = spawnTied(process.execPath, [inRoot('tests', 'Chaos', 'writer.mjs'), url, String(seed), String(nodes)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const steps = new Set();
    child.on('message', ({ n, status }) => this.#answered(steps, n, status));
    child.on('exit', () => {
      this.#failed = new Error('A writer has ended.');
      this.#wake();
    });
    shutdown.add(() => stopChild(child));
    return { child, steps };
  }

  #answered(steps, n, status) {
    steps.delete(n);
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    this.#unanswered--;
    this.#wake();
  }

  async #until(condition) {
    while (!condition()) {
      if (this.#failed) throw this.#failed;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }
}
