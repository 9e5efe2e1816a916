import { inRoot } from '../../../tools/lib/paths.mjs';
import { spawnTied, stopChild } from '../../../tools/lib/processes.mjs';

const PROCESSES = 3;

/** Steps in progress at a time: rows are raced for. */
const AT_ONCE = 18;

/** Processes that write. */
export class Writers {
  /** How many steps were answered with which status. */
  answers = new Map();
  #children;
  #inProgress = 0;
  #wake = () => {};

  /** @param {{ url: string, seed: number, shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown }} options */
  constructor({ url, seed, shutdown }) {
    this.#children = Array.from({ length: PROCESSES }, () => {
      const child = spawnTied(process.execPath, [inRoot('tests', 'Chaos', 'writer.mjs'), url, String(seed)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', ({ status }) => {
        this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
        this.#inProgress--;
        this.#wake();
      });
      child.on('exit', () => this.#wake());
      shutdown.add(() => stopChild(child));
      return child;
    });
  }

  /** Has a step done; resolves when there is room for the next. */
  async take(n) {
    await this.#until(() => this.#inProgress < AT_ONCE);
    this.#inProgress++;
    this.#children[n % PROCESSES].send(n);
  }

  /** Resolves when all steps are done. */
  settle() {
    return this.#until(() => this.#inProgress === 0);
  }

  async #until(condition) {
    while (!condition()) {
      if (this.#children.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)) throw new Error('A writer has ended.');
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }
}
