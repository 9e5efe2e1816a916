import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';
import { dropDatabase } from '../../tools/lib/board.mjs';
import { formatConnectionString, parseConnectionString } from '../../tools/lib/connection-string.mjs';
import { inRoot, root } from '../../tools/lib/paths.mjs';
import { ended, spawnTied, stopChild, until } from '../../tools/lib/processes.mjs';
import { childEnvironment } from '../../tools/lib/run.mjs';
import { stepsOf } from './support/readme.mjs';
import { startRegistry } from './support/registry.mjs';

const LIMIT_MS = 60_000;
const CHROMIUM_FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** What the README takes as an example, and is different for everybody. */
const ITS_ORIGIN = 'http://127.0.0.1:5000';
const ITS_DATABASE = 'Host=127.0.0.1;Database=notes;Username=postgres;Password=postgres';

/** The README's first application, made of the packed files by doing what it says, word for word. Address, connection string and package sources are this test's. */
export function applicationCases(workshop) {
  describe('a new application by the README', () => {
    const database = { ...parseConnectionString(process.env.LIVEHUB_TEST_POSTGRES), database: `notes_${randomBytes(6).toString('hex')}` };
    let application;
    let live;

    before(async () => {
      application = new Application(workshop, { database, registry: await startRegistry(packedClient(workshop), workshop.shutdown) });
      workshop.shutdown.add(() => dropDatabase(database));
      for (const step of stepsOf('Get started')) await application.follow(step);
    });
    after(async () => {
      await live?.close();
      await application?.stop();
    });

    test('its types are complete: the page compiles without skipping the packages', async () => {
      await workshop.run('node', [inRoot('node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext',
        '--moduleResolution', 'bundler', '--lib', 'es2022,dom', '--types', '', 'page.ts'], { cwd: application.folder });
    });

    test('its assemblies and its client are those that were packed', () => {
      const output = path.join(application.folder, 'bin', 'Debug', 'net10.0');
      for (const name of ['LiveHub.dll', 'LiveHub.PostgreSql.dll']) {
        assert.ok(readFileSync(path.join(output, name)).equals(readFileSync(inRoot('server', path.basename(name, '.dll'), 'bin', 'Release', 'net10.0', name))), name);
      }
      assert.ok(application.resolve('@livehub/client').startsWith(path.join(application.folder, 'node_modules')));
    });

    test('in Node, and in the page that it serves: rows come, and a change that its endpoint makes follows', async () => {
      const { createLiveHub } = await import(pathToFileURL(application.resolve('@livehub/client')).href);
      live = createLiveHub(`${application.origin}/live`);
      const notes = live.all('Note', { orderBy: { id: 'asc' } });
      await notes.ready;
      assert.deepEqual(notes.rows.map(({ text }) => text), ['Hello'], 'what the README wrote');

      const browser = await chromium.launch({ executablePath: process.env.LIVEHUB_CHROMIUM ?? '/usr/bin/chromium', args: CHROMIUM_FLAGS });
      try {
        const page = await browser.newPage();
        await page.goto(application.origin);
        await page.locator('li', { hasText: 'Hello' }).waitFor();
        const response = await fetch(`${application.origin}/notes?text=again`, { method: 'POST' });
        assert.equal(response.status, 200);
        await page.locator('li', { hasText: 'again' }).waitFor();
        assert.deepEqual(await page.locator('li').allTextContents(), ['Hello', 'again']);
      } finally {
        await browser.close();
      }
      assert.ok(await until(() => notes.rows.length === 2, LIMIT_MS));
      assert.deepEqual(notes.rows.map(({ text }) => text), ['Hello', 'again']);
    });
  });
}

function packedClient(workshop) {
  const manifest = JSON.parse(readFileSync(inRoot('client-ts', 'package.json'), 'utf8'));
  const [file] = readdirSync(workshop.packed).filter((name) => name.endsWith('.tgz'));
  return { manifest, tarball: path.join(workshop.packed, file) };
}

/** The application while it is made, and while it runs. */
class Application {
  folder;
  origin;
  #workshop;
  #connectionString;
  #environment;
  #running;

  constructor(workshop, { database, registry }) {
    this.#workshop = workshop;
    this.#connectionString = formatConnectionString(database);
    this.folder = workshop.folder('application');
    mkdirSync(this.folder);
    copyFileSync(inRoot('global.json'), path.join(this.folder, 'global.json'));
    writeFileSync(path.join(this.folder, 'nuget.config'), nugetConfig(workshop.packed));
    // Caches and settings of its own: nothing comes out of those of the machine, and the packages under test do not get into them.
    const home = workshop.folder('home');
    mkdirSync(home);
    this.#environment = {
      HOME: home, TMPDIR: workshop.temporary, DOTNET_CLI_HOME: home, NUGET_PACKAGES: path.join(home, 'nuget'), DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE: 'true',
      NPM_CONFIG_REGISTRY: registry, NPM_CONFIG_CACHE: path.join(home, 'npm'), NPM_CONFIG_AUDIT: 'false', NPM_CONFIG_FUND: 'false', NPM_CONFIG_UPDATE_NOTIFIER: 'false', NPM_CONFIG_YES: 'false',
      NODE_ENV: undefined, // Vite, which runs in this process too, sets it
      PATH: process.env.PATH.split(path.delimiter).filter((place) => !place.startsWith(root)).join(path.delimiter),
    };
  }

  /** Does a step of the README. */
  async follow({ file, content, line }) {
    if (file) {
      const place = path.join(this.folder, file);
      mkdirSync(path.dirname(place), { recursive: true });
      writeFileSync(place, content);
    } else if (line.startsWith('cd ')) {
      this.folder = path.join(this.folder, line.slice('cd '.length));
    } else if (line.startsWith('dotnet run ')) {
      await this.#start(replace(replace(line, ITS_ORIGIN, 'http://127.0.0.1:0'), ITS_DATABASE, this.#connectionString));
    } else {
      const here = this.origin ? replace(line, ITS_ORIGIN, this.origin) : line;
      await this.#workshop.run('sh', ['-c', here], { cwd: this.folder, env: this.#environment });
    }
  }

  /** Where a module of the application finds a package. */
  resolve(name) {
    return createRequire(path.join(this.folder, 'page.js')).resolve(name);
  }

  async stop() {
    if (this.#running) await stopChild(this.#running, { group: true, steps: [['SIGTERM', 6000]] });
  }

  async #start(line) {
    const child = spawnTied('sh', ['-c', `exec ${line}`], { cwd: this.folder, env: childEnvironment(this.#environment), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running = child;
    this.#workshop.shutdown.add(() => this.stop());
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    let gone = false;
    void ended(child).then(() => (gone = true));
    await until(() => gone || (this.origin = /Now listening on: (\S+)/.exec(said)?.[1]), LIMIT_MS);
    if (!this.origin) throw new Error(`${line} does not listen:\n${said}`);
  }
}

function replace(line, what, by) {
  assert.ok(line.includes(what), `${line} does not have ${what}`);
  return line.replaceAll(what, by);
}

/** The packages under test come from their folder, all others from where the build of the checkout restored them to. */
function nugetConfig(packed) {
  const { packageFolders } = JSON.parse(readFileSync(inRoot('server', 'LiveHub.PostgreSql', 'obj', 'project.assets.json'), 'utf8'));
  const restored = Object.keys(packageFolders).filter((folder) => existsSync(folder));
  const sources = restored.map((folder, at) => [`restored${at}`, folder]);
  return `<configuration>
  <packageSources><clear />${[['packed', packed], ...sources].map(([key, value]) => `<add key="${key}" value="${value}" />`).join('')}</packageSources>
  <packageSourceMapping><clear /><packageSource key="packed"><package pattern="LiveHub*" /></packageSource>${sources.map(([key]) => `<packageSource key="${key}"><package pattern="*" /></packageSource>`).join('')}</packageSourceMapping>
  <fallbackPackageFolders><clear /></fallbackPackageFolders>
</configuration>
`;
}
