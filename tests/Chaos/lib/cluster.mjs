import { startProxy } from '../../../tools/lib/proxy.mjs';
import { Random } from '../../../tools/lib/seeded.mjs';
import { settingOf } from '../schedule.mjs';
import { ChaosRedis } from './chaos-redis.mjs';
import { ChaosServer } from './chaos-server.mjs';
import { RedisLine } from './redis-line.mjs';

/** Who does not answer is left out soon, so that its readers move while it stands still. */
const CHECK_EVERY_MS = 250;
const PATIENCE_MS = 800;

const LOOK_EVERY_MS = 200;
const NODES_KEY = '{livehub}:nodes';

/** What is under test: one server, or several that share their log in a Redis, behind a proxy. */
export class Cluster {
  /** @type {ChaosServer[]} */
  servers = [];
  /** @type {ChaosRedis | undefined} */
  redis;
  /** How much there is in the database. */
  setting;
  /** Which share of the rows each server has, and which nobody has had since the last rest (tests/Chaos/server/Share.cs). */
  #shares;
  #free = [];
  /** Ports of the servers to which readers were led last, by the readers' numbers. */
  #ledTo = new Map();

  /** @param {{ server: object, database: string, nodes: number, seed: number, rule?: string, shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown }} options */
  static async start({ nodes, seed, shutdown, ...options }) {
    const cluster = new Cluster();
    cluster.setting = settingOf(nodes);
    cluster.#shares = Array.from({ length: nodes }, (_, i) => i);
    cluster.begin();
    const all = { ...options, setting: cluster.setting, shutdown };
    await (nodes === 1 ? cluster.#startOne(all) : cluster.#startSeveral(seed, all));
    return cluster;
  }

  /** All servers' counts together. */
  get counts() {
    const counts = this.servers.map((server) => server.counts);
    const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
    return { appended: sum('appended'), late: sum('late'), latest: Math.max(...counts.map(({ latest }) => latest)), filled: sum('filled'), resets: sum('resets') };
  }

  /** How many epochs were begun after the first. */
  get epochs() {
    return new Set(this.servers.flatMap(({ epochs }) => [...epochs])).size - 1;
  }

  /** At which server a reader is. */
  serverOf(reader) {
    return this.#ledTo.get(String(reader));
  }

  /** Who knows of whom, for a report. */
  async toText() {
    const states = await Promise.all(this.servers.map((server) => server.state()));
    return JSON.stringify({ states, nodes: await this.redis?.execute('HLEN', NODES_KEY) });
  }

  /** A round begins: what killed processes have written is in what readers show. */
  begin() {
    this.#free = Array.from({ length: this.setting.shares }, (_, share) => share).filter((share) => !this.#shares.includes(share));
  }

  /** Kills a server. The process that takes its place does not build on what that one may have taken along. */
  async kill(number) {
    if (this.redis) this.#shares[number] = this.#free.shift();
    await this.servers[number].kill([this.#shares[number], this.setting.shares]);
  }

  /** Lets whatever is on its way to the log arrive. */
  async release() {
    await Promise.all(this.servers.map((server) => server.release()));
  }

  /** Whether all have brought into the log what they had, and know of each other and of nobody else; that a killed one is gone has been noticed then. */
  async isWhole() {
    const states = await Promise.all(this.servers.map((server) => server.state()));
    if (states.some((state) => state?.held !== 0 || state.epoch !== states[0].epoch)) return false;
    return !this.redis || Number(await this.redis.execute('HLEN', NODES_KEY)) === this.servers.length;
  }

  async #startOne(options) {
    this.servers.push(await ChaosServer.start(options));
    this.url = this.servers[0].url;
  }

  async #startSeveral(seed, options) {
    const { shutdown } = options;
    const redis = (this.redis = await ChaosRedis.start(shutdown));
    const startServer = async (i) => {
      const line = await RedisLine.to(redis.port, new Random(seed, i));
      redis.lines[i] = line;
      shutdown.add(() => line.close());
      this.servers[i] = await ChaosServer.start({ ...options, redis: redis.configurationAt(line.port), share: [i, this.setting.shares] });
    };
    await startServer(0); // makes the tables, which two at once would not
    await Promise.all(this.#shares.slice(1).map(startServer));
    const onWebSocket = (url, port) => this.#ledTo.set(new URL(url, this.url).searchParams.get('reader'), port);
    const proxy = await startProxy({ nodes: this.servers.map(({ port }) => port), checkEveryMs: CHECK_EVERY_MS, patienceMs: PATIENCE_MS, onWebSocket });
    shutdown.add(() => proxy.close());
    this.url = `http://127.0.0.1:${proxy.port}`;
    // What a process has counted goes with it.
    const looks = setInterval(() => this.servers.forEach((server) => void server.state()), LOOK_EVERY_MS);
    shutdown.add(() => clearInterval(looks));
  }
}
