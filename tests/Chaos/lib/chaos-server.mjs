import path from 'node:path';
import { formatConnectionString } from '../../../tools/lib/connection-string.mjs';
import { inRoot } from '../../../tools/lib/paths.mjs';
import { freePort } from '../../../tools/lib/ports.mjs';
import { ended, spawnTied, stopChild, until } from '../../../tools/lib/processes.mjs';
import { childEnvironment } from '../../../tools/lib/run.mjs';

const program = inRoot('tests', 'Chaos', 'server', 'bin', 'Release', 'net10.0', 'ChaosServer.dll');

const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 2_000;

const nothing = () => ({ appended: 0, late: 0, filled: 0, resets: 0 });

/** A server under test (tests/Chaos/server), which can be killed and comes back at the same address. */
export class ChaosServer {
  /**
   * What all its processes together have brought into the log: how many changesets, how many of them late, and how late at most; how many they have read from the stream since they had not come;
   * how many connections they have ended so that clients start again.
   */
  counts = { ...nothing(), latest: 0 };
  /** The epochs that it was in. */
  epochs = new Set();
  #environment;
  #child;
  #shutdown;
  #last = nothing();

  /**
   * @param {{ server: object, database: string, setting: object, rule?: string, redis?: string, share?: [number, number], shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown }} options
   *   `rule`: which one does not hold; `redis`: where several nodes share their log; `share`: which one of how many (tests/Chaos/server/Share.cs)
   */
  static async start({ server, database, setting, rule, redis, share = [0, 1], shutdown }) {
    const started = new ChaosServer();
    started.port = await freePort();
    started.url = `http://127.0.0.1:${started.port}`;
    started.#shutdown = shutdown;
    started.#environment = {
      ASPNETCORE_ENVIRONMENT: 'Production', ASPNETCORE_URLS: started.url,
      ConnectionStrings__Chaos: formatConnectionString({ ...server, database }),
      ...(redis && { ConnectionStrings__Redis: redis }),
      ...Object.fromEntries(Object.entries(setting).map(([name, value]) => [`Chaos__${name}`, String(value)])),
      ...(rule && { Break: rule }),
    };
    await started.#run(share);
    return started;
  }

  /** Ends it without a word, and starts it anew. @param {[number, number]} [share] */
  async kill(share) {
    await this.state();
    this.#child.kill('SIGKILL');
    await ended(this.#child);
    await this.#run(share);
  }

  /** It does nothing, and its connections stay, until `goOn`. */
  pause() {
    this.#child.kill('SIGSTOP');
  }

  goOn() {
    this.#child.kill('SIGCONT');
  }

  /** Lets whatever is on its way to the log arrive. */
  async release() {
    await fetch(`${this.url}/release`, { method: 'POST' });
  }

  /** How it is; `held` changesets are on their way to the log. Undefined where it does not say. */
  async state() {
    const child = this.#child;
    let state;
    try {
      state = await (await fetch(`${this.url}/state`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })).json();
    } catch {
      return undefined;
    }
    if (child !== this.#child) return undefined;
    for (const name of Object.keys(this.#last)) {
      this.counts[name] += state[name] - this.#last[name];
      this.#last[name] = state[name];
    }
    this.counts.latest = Math.max(this.counts.latest, state.latest);
    if (state.epoch) this.epochs.add(state.epoch);
    return state;
  }

  async #run(share = [0, 1]) {
    const env = childEnvironment({ ...this.#environment, Share__Number: String(share[0]), Share__Of: String(share[1]) });
    // SIGKILL reaches it while it stands still, too.
    const child = (this.#child = spawnTied('dotnet', [program], { cwd: path.dirname(program), env, stdio: ['ignore', 'inherit', 'inherit'], deathSignal: 'SIGKILL' }));
    this.#last = nothing();
    this.#shutdown.add(() => stopChild(child));
    const runs = () => child.exitCode === null && child.signalCode === null;
    const isUp = await until(() => !runs() || this.#isHealthy(), START_LIMIT_MS, 20);
    if (!isUp || !runs()) throw new Error(`The server did not start (${child.signalCode ?? `exit code ${child.exitCode}`}).`);
  }

  async #isHealthy() {
    try {
      return (await fetch(`${this.url}/health`)).ok;
    } catch {
      return false;
    }
  }
}
