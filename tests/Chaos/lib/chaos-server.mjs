import path from 'node:path';
import { formatConnectionString } from '../../../tools/lib/connection-string.mjs';
import { inRoot } from '../../../tools/lib/paths.mjs';
import { freePort } from '../../../tools/lib/ports.mjs';
import { ended, spawnTied, stopChild, until } from '../../../tools/lib/processes.mjs';
import { childEnvironment } from '../../../tools/lib/run.mjs';
import { setting } from '../schedule.mjs';

const program = inRoot('tests', 'Chaos', 'server', 'bin', 'Release', 'net10.0', 'ChaosServer.dll');

const START_LIMIT_MS = 60_000;

/** The server under test (tests/Chaos/server), which can be killed and comes back at the same address. */
export class ChaosServer {
  /** What all its processes together have brought into the log: how many changesets, how many of them late, and how late at most. */
  counts = { appended: 0, late: 0, latest: 0 };
  #environment;
  #child;
  #shutdown;
  #last = { appended: 0, late: 0 };

  /** @param {{ server: object, database: string, rule?: string, shutdown: import('../../../tools/lib/shutdown.mjs').Shutdown }} options `rule`: which one does not hold */
  static async start({ server, database, rule, shutdown }) {
    const started = new ChaosServer();
    started.url = `http://127.0.0.1:${await freePort()}`;
    started.#shutdown = shutdown;
    started.#environment = {
      ASPNETCORE_ENVIRONMENT: 'Production', ASPNETCORE_URLS: started.url,
      ConnectionStrings__Chaos: formatConnectionString({ ...server, database }),
      ...Object.fromEntries(Object.entries(setting).map(([name, value]) => [`Chaos__${name}`, String(value)])),
      ...(rule && { Break: rule }),
    };
    await started.#run();
    return started;
  }

  /** Ends it without a word, and starts it anew. */
  async kill() {
    await this.state();
    this.#child.kill('SIGKILL');
    await ended(this.#child);
    this.#last = { appended: 0, late: 0 };
    await this.#run();
  }

  /** Lets whatever is on its way to the log arrive. */
  async release() {
    await fetch(`${this.url}/release`, { method: 'POST' });
  }

  /** How it is; `held` changesets are on their way to the log. */
  async state() {
    const response = await fetch(`${this.url}/state`);
    const { appended, late, latest, held } = await response.json();
    this.counts.appended += appended - this.#last.appended;
    this.counts.late += late - this.#last.late;
    this.counts.latest = Math.max(this.counts.latest, latest);
    this.#last = { appended, late };
    return { held };
  }

  async #run() {
    const child = (this.#child = spawnTied('dotnet', [program], { cwd: path.dirname(program), env: childEnvironment(this.#environment), stdio: ['ignore', 'inherit', 'inherit'] }));
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
