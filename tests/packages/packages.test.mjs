import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe } from 'node:test';
import { runOrFail } from '../../tools/lib/run.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { makeTempFolder, removeTempFolder } from '../../tools/lib/temp.mjs';
import { applicationCases } from './application.cases.mjs';
import { dotnetCases, packDotnet } from './dotnet.cases.mjs';
import { npmCases, packNpm } from './npm.cases.mjs';

/** Where the packages of this run are and what is made of them: outside of the checkout, and gone afterwards. */
class Workshop {
  #shutdown = new Shutdown();
  #folder = makeTempFolder();

  constructor() {
    this.#shutdown.add(() => removeTempFolder(this.#folder));
    for (const folder of [this.packed, this.temporary]) mkdirSync(folder);
  }

  /** The folder with the packages. */
  get packed() {
    return this.folder('packed');
  }

  /** Where the programs that are run leave what they forget. */
  get temporary() {
    return this.folder('tmp');
  }

  get shutdown() {
    return this.#shutdown;
  }

  folder(...parts) {
    return path.join(this.#folder, ...parts);
  }

  /** Runs a program to its end; anything but success is a failure that shows what it said. */
  run(command, args, { cwd, env } = {}) {
    return runOrFail(command, args, { cwd, env: { TMPDIR: this.temporary, ...env }, shutdown: this.#shutdown });
  }
}

const workshop = new Workshop();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void workshop.shutdown.run().then(() => process.exit(1)));

describe('packages', { concurrency: true }, () => {
  before(() => Promise.all([packDotnet(workshop), packNpm(workshop)]));
  after(async () => {
    for (const error of await workshop.shutdown.run()) throw error;
  });

  dotnetCases(workshop);
  npmCases(workshop);
  applicationCases(workshop);
});
