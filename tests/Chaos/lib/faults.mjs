import { setTimeout as delay } from 'node:timers/promises';

/** Whatever goes wrong on purpose. */
export class Faults {
  /** How many of each there were. */
  counts = { drop: 0, stall: 0, backends: 0, kill: 0 };
  #going = new Set();
  #mend = new AbortController();
  #failed;

  constructor({ server, readers, database }) {
    this.server = server;
    this.readers = readers;
    this.database = database;
  }

  /** Begins one, and does not wait for its end. @param {import('../schedule.mjs').Fault} fault */
  begin(fault) {
    const going = this[`_${fault.kind}`](fault).catch((error) => (this.#failed ??= error)).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  /** Ends all that go on. */
  async mend() {
    this.#mend.abort();
    this.#mend = new AbortController();
    await Promise.all(this.#going);
    if (this.#failed) throw this.#failed;
  }

  async _drop({ reader, ms }) {
    this.counts.drop++;
    const { line } = this.readers[reader];
    line.cut();
    await this.#pass(ms);
    line.restore();
  }

  async _stall({ reader, ms }) {
    this.counts.stall++;
    const { line } = this.readers[reader];
    line.stall();
    await this.#pass(ms);
    line.resume();
  }

  async _backends({ count }) {
    const { rows } = await this.database.query(
      `select pg_terminate_backend(pid) as killed from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' limit $1`, [count]);
    this.counts.backends += rows.filter(({ killed }) => killed).length;
  }

  async _kill() {
    this.counts.kill++;
    await this.server.kill();
  }

  #pass(ms) {
    return delay(ms, undefined, { signal: this.#mend.signal }).catch(() => {});
  }
}
