/** A step is shown once it has taken this long, in milliseconds. */
const SHOW_AFTER_MS = 700;
/** Without a terminal, a line tells this often that a step still runs, in milliseconds. */
const REMIND_EVERY_MS = 10_000;
/** On a terminal, the line is redrawn this often, in milliseconds. */
const REDRAW_EVERY_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Shows what runs and for how long: one live line on a terminal, plain lines elsewhere. Quick steps stay silent. */
export class Progress {
  #stream;
  #running = new Set();
  #timer;
  #frame = 0;
  #drawn = false;

  /** @param {NodeJS.WriteStream} stream where to show it; stdout is left to results */
  constructor(stream = process.stderr) {
    this.#stream = stream;
  }

  /** Prints a line above what runs. */
  line(text) {
    this.#erase();
    this.#stream.write(`${text}\n`);
  }

  /**
   * Runs `work`, shown under `label`. `work` gets a function that says what it is at just now.
   * @template T
   * @param {string} label
   * @param {(note: (text: string) => void) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  async step(label, work) {
    const step = { label, note: '', startedAt: performance.now(), remindedAt: 0, shown: false };
    this.#running.add(step);
    this.#timer ??= setInterval(() => this.#tick(), REDRAW_EVERY_MS);
    let done = false;
    try {
      const result = await work((text) => (step.note = text));
      done = true;
      return result;
    } finally {
      this.#running.delete(step);
      if (this.#running.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
      this.#erase();
      if (step.shown) this.line(`${done ? '✓' : '✗'} ${label} (${seconds(performance.now() - step.startedAt)})`);
    }
  }

  #tick() {
    const now = performance.now();
    for (const step of this.#running) {
      if (now - step.startedAt < SHOW_AFTER_MS) continue;
      const first = !step.shown;
      step.shown = true;
      if (!this.#stream.isTTY && (first || now - step.remindedAt >= REMIND_EVERY_MS)) {
        step.remindedAt = now;
        this.line(first ? `… ${step.label}` : `… ${step.label}, ${Math.round((now - step.startedAt) / 1000)} s`);
      }
    }
    if (this.#stream.isTTY) this.#draw(now);
  }

  #draw(now) {
    const shown = [...this.#running].filter((step) => step.shown);
    if (shown.length === 0) return;
    const frame = FRAMES[this.#frame++ % FRAMES.length];
    const parts = shown.map((step) => `${step.label} ${Math.floor((now - step.startedAt) / 1000)} s`);
    const note = shown.length === 1 && shown[0].note ? `  ${shown[0].note}` : '';
    const text = `${frame} ${parts.join(' · ')}${note}`;
    this.#stream.write(`\r\x1b[2K${text.slice(0, (this.#stream.columns ?? 80) - 1)}`);
    this.#drawn = true;
  }

  #erase() {
    if (this.#drawn) this.#stream.write('\r\x1b[2K');
    this.#drawn = false;
  }
}

/** Milliseconds as text in seconds. */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
