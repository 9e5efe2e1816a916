import { isDeepStrictEqual } from 'node:util';
import { createLiveHub } from '@livehub/client';
import { Line } from '../../gate/line.mjs';
import { Entries } from './entries.mjs';
import { keyOf, open, query, rowsOf } from './shapes.mjs';
import { Watch } from './watch.mjs';

/** A reader has this many more collections at most than those that it always has. */
const MOST = 25;

/** Ids of the subscriptions that are opened first: in the order of their collections. */
const BANK = [1, 2];
const LISTS = [3, 4, 5, 6, 7];

const RECONNECT_MS = 100;
const WEB_SOCKETS = 1;

// That lines are cut is no news here.
const { warn } = console;
console.warn = (text, ...more) => /^LiveHub: no connection/.test(text) || warn(text, ...more);

/** A client behind a line of its own. Whenever a listener is called, all that it shows has to be of one moment, and no older than before. */
export class Reader {
  /** How many calls of listeners were looked at. */
  calls = 0;
  /** How often the money was counted. */
  counts = 0;
  /** How often it was welcome at another server than the time before. */
  moves = 0;
  #check;
  #entries = new Entries();
  #isAlone;
  #money;
  #live;
  #bank;
  #lists;
  #all;
  #others = [];

  /** @param {(ok: boolean, tell: () => { expected: unknown, seen: unknown }) => boolean} check */
  constructor(line, number, { shares, balance, accounts, vaults }, check) {
    this.#isAlone = shares === 1;
    this.line = line;
    this.number = number;
    this.#money = BigInt(balance * (accounts + vaults));
    this.#check = check;
  }

  /** @param {import('../lib/cluster.mjs').Cluster} cluster */
  static async of(cluster, number, check) {
    const line = await Line.to(cluster.url);
    const { setting } = cluster;
    const reader = new Reader(line, number, setting, check);
    const hub = `${line.url}/live?reader=${number}`;
    reader.#live = createLiveHub(hub, {
      reconnectDelayMs: () => RECONNECT_MS,
      configure: (builder) => void builder.withUrl(hub, { transport: WEB_SOCKETS, skipNegotiation: true, WebSocket: reader.#entries.WebSocket }),
    });
    reader.#followMoves(() => cluster.serverOf(number));
    reader.#bank = [reader.#watch({ entity: 'Account' }), reader.#watch({ entity: 'Vault' })];
    reader.#lists = Array.from({ length: setting.lists }, (_, i) => reader.#watch({ entity: 'Card', where: { listId: i + 1 } }));
    reader.#all = [reader.#watch({ entity: 'Card' }), reader.#watch({ entity: 'CardLabel' })];
    return reader;
  }

  /** @param {import('../schedule.mjs').Look} look */
  take(look) {
    this.#others = this.#others.filter((watch) => !watch.isClosed);
    if (look.kind === 'open' && this.#others.length < MOST) this.#others.push(this.#watch(look.shape, look.label));
    else if (this.#others.length > 0) this.#others.splice((look.which ?? 0) % this.#others.length, 1)[0].collection.close();
  }

  /** What is not as the database says; undefined where all is. @param {import('pg').Client} database */
  async differs(database) {
    for (const watch of this.#watches()) {
      const expected = await query(database, watch.shape);
      const seen = new Map(rowsOf(watch.collection).map((row) => [keyOf(watch.shape.entity, row), row]));
      if (watch.isLive && isDeepStrictEqual(new Map([...seen].sort()), new Map([...expected].sort()))) continue;
      const keys = [...new Set([...expected.keys(), ...seen.keys()])].filter((key) => !isDeepStrictEqual(seen.get(key), expected.get(key)));
      const { status } = watch.collection;
      return {
        expected: { reader: this.number, shape: watch.shape, status: 'live', rows: keys.map((key) => expected.get(key) ?? `no ${key}`) },
        seen: { hub: this.#live.status, status, rows: keys.map((key) => seen.get(key) ?? `no ${key}`) },
      };
    }
    return undefined;
  }

  /** How many collections it has. */
  get count() {
    return this.#watches().length;
  }

  async close() {
    await this.#live.close();
    await this.line.close();
  }

  #followMoves(server) {
    let former;
    this.#live.subscribe(() => {
      if (this.#live.status !== 'connected') return;
      const now = server();
      if (former !== undefined && now !== former) this.moves++;
      former = now;
    });
  }

  #watches() {
    return [...this.#bank, ...this.#lists, ...this.#all, ...this.#others.filter((watch) => !watch.isClosed)];
  }

  #watch(shape, label) {
    const told = (ok, tell) => this.#check(ok, () => ({ ...tell(), because: `reader ${this.number}` }));
    const watch = new Watch(shape, open(this.#live, shape, label), told);
    const look = () => {
      if (watch.isClosed) return;
      this.calls++;
      watch.look();
      this.#lookAtAll();
    };
    watch.collection.subscribe(look);
    watch.collection.onDiff(look);
    return watch;
  }

  /** Whether what one transaction has written shows in all of these collections or in none, also where a snapshot is ahead. */
  #areOne(ids) {
    return this.#isAlone || this.#entries.areOne(ids);
  }

  /** What holds across collections. */
  #lookAtAll() {
    if (this.#bank.every(({ isLive }) => isLive) && this.#areOne(BANK)) {
      this.counts++;
      const money = this.#bank.flatMap(({ collection }) => collection.rows).reduce((sum, { balance }) => sum + BigInt(balance), 0n);
      this.#check(money === this.#money, () => ({ expected: `whole transactions: ${this.#money} in all accounts and vaults together`, seen: `${money}`, because: `reader ${this.number}` }));
    }
    if (!this.#areOne(LISTS)) return;
    const places = new Map();
    for (const { collection, shape } of this.#lists.filter(({ isLive }) => isLive)) {
      for (const { id } of collection.rows) {
        this.#check(!places.has(id), () => ({ expected: `card ${id} in one list`, seen: [places.get(id), shape.where.listId], because: `reader ${this.number}` }));
        places.set(id, shape.where.listId);
      }
    }
  }
}
