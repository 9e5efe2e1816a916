/** What has to be undone before the tool ends, newest first: processes to stop, folders to remove, locks to give back. */
export class Shutdown {
  #tasks = [];
  #running;

  /** Whether the end has begun; nothing new should be started then. */
  get begun() {
    return this.#running !== undefined;
  }

  /**
   * Registers a task. Returns a function that forgets it again.
   * @param {() => unknown} task may be asynchronous; its failure does not keep the others from running
   */
  add(task) {
    this.#tasks.push(task);
    return () => {
      const at = this.#tasks.indexOf(task);
      if (at >= 0) this.#tasks.splice(at, 1);
    };
  }

  /** Runs every task once; later calls wait for the same end. Resolves to the errors met. */
  run() {
    return (this.#running ??= this.#runAll());
  }

  async #runAll() {
    const errors = [];
    for (let task = this.#tasks.pop(); task; task = this.#tasks.pop()) {
      try {
        await task();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
