import { setTimeout as delay } from 'node:timers/promises';

/** Whatever goes wrong on purpose. */
export class Faults {
  /** How many of each there were. */
  counts = { drop: 0, stall: 0, backends: 0, kill: 0, all: 0, pause: 0, writer: 0, redis: 0, empty: 0, hang: 0, silence: 0, flush: 0, connections: 0 };
  #going = new Set();
  /** The last that each thing was given: of one thing, one after the other. */
  #turns = new Map();
  #mend = new AbortController();
  #failed;

  /** @param {{ cluster: import('./cluster.mjs').Cluster, readers: import('../reader/reader.mjs').Reader[], writers: import('./writers.mjs').Writers, database: import('pg').Client }} options */
  constructor({ cluster, readers, writers, database }) {
    this.cluster = cluster;
    this.readers = readers;
    this.writers = writers;
    this.database = database;
  }

  /** Begins one, and does not wait for its end. @param {import('../schedule.mjs').Fault} fault */
  begin(fault) {
    if (fault.kind in this.counts) this.counts[fault.kind]++;
    const going = this[`_${fault.kind}`](fault).catch((error) => (this.#failed ??= error)).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  /** Ends all that go on. */
  async mend() {
    this.#mend.abort();
    await Promise.all(this.#going);
    this.#mend = new AbortController();
    if (this.#failed) throw this.#failed;
  }

  async _drop({ reader, ms }) {
    const { line } = this.readers[reader];
    line.cut();
    await this.#pass(ms);
    line.restore();
  }

  async _stall({ reader, ms }) {
    const { line } = this.readers[reader];
    line.stall();
    await this.#pass(ms);
    line.resume();
  }

  async _backends({ count }) {
    this.counts.backends--;
    const { rows } = await this.database.query(
      `select pg_terminate_backend(pid) as killed from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' limit $1`, [count]);
    this.counts.backends += rows.filter(({ killed }) => killed).length;
  }

  _kill({ node }) {
    return this.#inTurn(this.cluster.servers[node], () => this.cluster.kill(node));
  }

  async _all() {
    await Promise.all(this.cluster.servers.map((_, node) => this._kill({ node })));
  }

  _pause({ node, ms }) {
    const server = this.cluster.servers[node];
    return this.#inTurn(server, async () => {
      server.pause();
      await this.#pass(ms);
      server.goOn();
    });
  }

  async _writer({ process }) {
    await this.writers.kill(process);
  }

  _redis({ ms }, isEmpty = false) {
    const { redis } = this.cluster;
    return this.#inTurn(redis, async () => {
      await redis.kill();
      await this.#pass(ms);
      await redis.run({ isEmpty });
    });
  }

  _empty(fault) {
    return this._redis(fault, true);
  }

  _hang({ ms }) {
    const { redis } = this.cluster;
    return this.#inTurn(redis, async () => {
      redis.hang();
      await this.#pass(ms);
      redis.goOn();
    });
  }

  _silence(fault) {
    return this._hang(fault);
  }

  _flush() {
    return this.#inTurn(this.cluster.redis, () => this.cluster.redis.execute('FLUSHALL'));
  }

  _connections({ type }) {
    return this.#inTurn(this.cluster.redis, () => this.cluster.redis.execute('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes'));
  }

  _deliveries({ how, node, share, ms }) {
    const line = this.cluster.redis.lines[node];
    return this.#inTurn(line, async () => {
      const fault = (line.fault = { how, share, met: 0 });
      await this.#pass(ms);

      // On a slow machine nothing may have come in that time.
      while (fault.met === 0 && !this.#mend.signal.aborted) await this.#pass(20);
      line.fault = undefined;
    });
  }

  #inTurn(thing, work) {
    const mine = (this.#turns.get(thing) ?? Promise.resolve()).then(work);
    this.#turns.set(thing, mine.catch(() => {}));
    return mine;
  }

  #pass(ms) {
    return delay(ms, undefined, { signal: this.#mend.signal }).catch(() => {});
  }
}
