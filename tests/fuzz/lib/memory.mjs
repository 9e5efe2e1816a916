/** Steps until caches, pools and compiled code are what they stay. */
const WARM_UP_STEPS = 900;

/** What may come and go, in bytes: pooled buffers, plans of queries. Some hundred bytes kept of each message are more, in 10,000 steps. */
const SLACK_BYTES = 16 << 20;

/** Whether a server holds more and more. */
export class Memory {
  #steps = 0;
  #base;

  /**
   * @param {number} steps taken since the last time
   * @param {number} liveBytes what the server holds after a garbage collection
   * @returns {string | undefined} what has grown; undefined where nothing has
   */
  growth(steps, liveBytes) {
    this.#steps += steps;
    if (this.#steps < WARM_UP_STEPS) return undefined;
    // The lowest level is what there is without what comes and goes.
    if (liveBytes < (this.#base?.liveBytes ?? Infinity)) this.#base = { liveBytes, steps: this.#steps };
    return liveBytes > this.#base.liveBytes + SLACK_BYTES
      ? `from ${this.#base.liveBytes} bytes after the server's first ${this.#base.steps} steps to ${liveBytes} after ${this.#steps}`
      : undefined;
  }
}
