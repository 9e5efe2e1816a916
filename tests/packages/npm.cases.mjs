import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build } from 'vite';
import { inRoot } from '../../tools/lib/paths.mjs';

const client = inRoot('client-ts');
const manifest = JSON.parse(readFileSync(path.join(client, 'package.json'), 'utf8'));
/** What may stand behind an import of the client, by its exports map. */
const specifiers = Object.keys(manifest.exports).map((subpath) => path.posix.join(manifest.name, subpath));
/** Folders of programs that use the client as its users do. */
const users = ['samples/Board/web', 'tests/acceptance', 'tests/benchmarks', 'tests/e2e', 'tools'];

/** The client alone, without what was built in the checkout. */
export async function packNpm(workshop) {
  const copy = workshop.folder('checkout', 'client-ts');
  for (const name of ['src', 'package.json', 'tsconfig.json', 'README.md', 'LICENSE']) cpSync(path.join(client, name), path.join(copy, name), { recursive: true });
  symlinkSync(inRoot('node_modules'), workshop.folder('checkout', 'node_modules'));
  await workshop.run('npm', ['pack', '--pack-destination', workshop.packed], { cwd: copy });
}

/** What `npm pack` made, and what users make of it. */
export function npmCases(workshop) {
  const tarball = path.join(workshop.packed, `livehub-client-${manifest.version}.tgz`);
  /** A folder in which the packed client is installed beside the frameworks. */
  const user = workshop.folder('user');
  const unpacked = path.join(user, 'node_modules', manifest.name);

  before(async () => {
    mkdirSync(unpacked, { recursive: true });
    await workshop.run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components', '1'], { cwd: user });
    writeFileSync(path.join(user, 'package.json'), JSON.stringify({ type: 'module', dependencies: { [manifest.name]: manifest.version } }));
    for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies), '@types']) {
      mkdirSync(path.dirname(path.join(user, 'node_modules', name)), { recursive: true });
      symlinkSync(inRoot('node_modules', name), path.join(user, 'node_modules', name));
    }
  });

  describe('npm pack', () => {
    test('builds by itself; README, licence, and each source with its code, its types and their maps', () => {
      const sources = filesIn(path.join(client, 'src'));
      const built = sources.map((name) => name.replace(/\.ts$/, '')).flatMap((name) => ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) => `dist/${name}${ending}`));
      assert.deepEqual(filesIn(unpacked), ['LICENSE', 'README.md', 'package.json', ...sources.map((name) => `src/${name}`), ...built].sort());
      assert.equal(readFileSync(path.join(unpacked, 'LICENSE'), 'utf8'), readFileSync(inRoot('LICENSE'), 'utf8'));
    });

    test('tells servers its name and version', () => {
      assert.ok(readFileSync(path.join(unpacked, 'dist', 'protocol.js'), 'utf8').includes(`"${manifest.name}/${manifest.version}"`));
    });

    test('everything that the exports map names is there, and every map finds its source', () => {
      const named = Object.values(manifest.exports).flatMap((target) => Object.values(target));
      const maps = filesIn(unpacked).filter((name) => name.endsWith('.map'));
      const sources = maps.flatMap((name) => JSON.parse(readFileSync(path.join(unpacked, name), 'utf8')).sources.map((source) => path.join(path.dirname(name), source)));
      assert.ok(sources.length >= maps.length);
      assert.deepEqual([...named, ...sources].filter((name) => !existsSync(path.join(unpacked, name))), []);
    });

    test('its code and its types import each other, its dependency and its peers', () => {
      const allowed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
      const imports = filesIn(unpacked).filter((name) => /^dist\/.*\.(js|d\.ts)$/.test(name)).flatMap((name) => importsOf(path.join(unpacked, name)));
      assert.ok(imports.includes('@microsoft/signalr'));
      assert.deepEqual(imports.filter((name) => !name.startsWith('./') && !allowed.some((known) => name === known || name.startsWith(`${known}/`))), []);
    });

    test('it needs SignalR alone: every framework is an optional peer', () => {
      assert.deepEqual(Object.keys(manifest.dependencies), ['@microsoft/signalr']);
      const optional = Object.keys(manifest.peerDependencies).map((peer) => [peer, { optional: true }]);
      assert.notDeepEqual(optional, []);
      assert.deepEqual(manifest.peerDependenciesMeta, Object.fromEntries(optional));
      assert.deepEqual([manifest.optionalDependencies, manifest.bundleDependencies, manifest.bundledDependencies], [undefined, undefined, undefined]);
    });

    test('publint has nothing to say', async () => {
      const { output } = await workshop.run('node', [inRoot('node_modules', 'publint', 'src', 'cli.js'), 'run', '--strict', tarball], { cwd: user });
      assert.match(output, /All good!/);
    });

    test('attw has nothing to say: its types resolve wherever ES modules do', async () => {
      await workshop.run('node', [inRoot('node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js'), tarball, '--profile', 'esm-only'], { cwd: user });
    });

    test('every entry loads in Node, and what is behind the exports map cannot be reached', async () => {
      const from = createRequire(path.join(user, 'main.js'));
      for (const name of specifiers) assert.notDeepEqual(Object.keys(await import(pathToFileURL(from.resolve(name)).href)), [], name);
      for (const inner of ['dist/client.js', 'src/client.ts', 'client']) assert.throws(() => from.resolve(`${manifest.name}/${inner}`), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
    });

    test("its README's code for each framework compiles with the packed types, and so do these by themselves", async () => {
      cpSync(path.join(client, 'test', 'readme'), path.join(user, 'readme'), { recursive: true });
      const { compilerOptions } = JSON.parse(readFileSync(path.join(client, 'tsconfig.json'), 'utf8'));
      const { rootDir, outDir, declaration, declarationMap, sourceMap, isolatedDeclarations, ...strict } = compilerOptions;
      assert.equal(strict.skipLibCheck, false);
      const files = filesIn(unpacked).filter((name) => name.endsWith('.d.ts')).map((name) => path.join(unpacked, name));
      writeFileSync(path.join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...strict, noEmit: true, jsx: 'react-jsx' }, files, include: ['readme'] }));
      assert.equal(readdirSync(path.join(user, 'readme')).length - 1, specifiers.length - 1, 'an example a subpath');
      await workshop.run('node', [inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], { cwd: user });
    });

    for (const ssr of [false, true]) {
      test(`Svelte's plugin for Vite compiles its runes${ssr ? ', for a server too' : ''}`, async () => {
        writeFileSync(path.join(user, 'List.svelte'), `<script>
          import { useLive } from "@livehub/client/svelte";
          const { open } = $props();
          const cards = useLive(() => open());
        </script>
        <p>{cards.status} {cards.rows.length}</p>`);
        const modules = await bundle({ root: user, plugins: [svelte({ configFile: false })], build: { ssr, minify: false, lib: { entry: 'List.svelte', formats: ['es'] }, rollupOptions: { external: [/^svelte/] } } });
        const runes = modules[path.join(unpacked, 'dist', 'runes.svelte.js')];
        assert.ok(runes, `The package's runes are not in ${Object.keys(modules).join(', ')}`);
        assert.doesNotMatch(runes, /\$(state|effect)\b/);
        assert.match(runes, ssr ? /status/ : /user_pre_effect/);
      });
    }
  });

  describe('the client in the checkout', () => {
    test('is what is packed, byte for byte', () => {
      const same = (name) => readFileSync(path.join(client, name)).equals(readFileSync(path.join(unpacked, name)));
      assert.deepEqual(filesIn(path.join(client, 'dist')), filesIn(path.join(unpacked, 'dist')));
      assert.deepEqual(filesIn(unpacked).filter((name) => !same(name)), []);
    });

    test('is imported by the sample, tests and tools by what its exports map names', () => {
      const code = users.flatMap((folder) => filesIn(inRoot(folder)).filter((name) => /\.[mc]?[jt]sx?$/.test(name)).map((name) => inRoot(folder, name)));
      const imports = code.flatMap((file) => importsOf(file).map((name) => ({ file: path.relative(inRoot(), file), name })));
      const ours = imports.filter(({ name }) => name.startsWith(manifest.name));
      assert.deepEqual(ours.filter(({ name }) => !specifiers.includes(name)), []);
      // The bench of the merge leaves SignalR out, and takes the hub behind createLiveHub.
      const inner = imports.filter(({ name }) => name.includes('client-ts')).map(({ file }) => file);
      assert.deepEqual(inner, ['tests/benchmarks/merge/live.mjs']);
      for (const folder of ['samples/Board/web', 'tests/acceptance', 'tests/benchmarks', 'tests/e2e']) {
        assert.ok(ours.some(({ file }) => file.startsWith(folder)), `nothing in ${folder} imports the client`);
        assert.equal(createRequire(inRoot(folder, 'main.js')).resolve(manifest.name), path.join(client, 'dist', 'index.js'));
      }
    });

    test("is in the sample's web as it is packed: its built files alone", async () => {
      const modules = Object.keys(await bundle({ root: inRoot('samples', 'Board', 'web') }));
      const ours = modules.filter((file) => file.startsWith(client)).map((file) => path.relative(client, file));
      assert.ok(ours.includes('dist/client.js'), ours.join(', '));
      assert.deepEqual(ours.filter((name) => !name.startsWith('dist/') || !existsSync(path.join(unpacked, name))), []);
    });
  });
}

/** Builds with Vite and writes nothing: the code of each module that went in, by its file. */
async function bundle(config) {
  const built = await build({ ...config, logLevel: 'error', build: { ...config.build, write: false } });
  const chunks = [built].flat().flatMap(({ output }) => output).filter(({ type }) => type === 'chunk');
  return Object.assign({}, ...chunks.map(({ modules }) => Object.fromEntries(Object.entries(modules).map(([id, { code }]) => [id.split('?')[0], code ?? '']))));
}

/** What a file imports, as it stands there. */
function importsOf(file) {
  return [...readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\(|\bresolve\()\s*(["'])([^"'\n]+)\1/g)].map(([, , name]) => name);
}

/** The files below a folder, without what is installed or built there. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => !/(^|\/)node_modules\//.test(name))
    .sort();
}
