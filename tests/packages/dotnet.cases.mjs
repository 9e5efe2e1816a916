import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { unzipSync } from 'fflate';
import { inRoot, root } from '../../tools/lib/paths.mjs';

const { version } = JSON.parse(readFileSync(inRoot('client-ts', 'package.json'), 'utf8'));
const packages = ['LiveHub', 'LiveHub.PostgreSql', 'LiveHub.Redis'];
/** What every NuGet package has beside its contents. */
const PACKAGING = /^(_rels\/|package\/|\[Content_Types\]\.xml$)/;

/** The projects have been built before. */
export function packDotnet(workshop) {
  return workshop.run('dotnet', ['pack', 'LiveHub.sln', '-c', 'Release', '--no-build', '--nologo', '-o', workshop.packed], { cwd: root });
}

/** What `dotnet pack` made. */
export function dotnetCases(workshop) {
  const read = (file) => unzipSync(readFileSync(path.join(workshop.packed, file)));
  const names = (entries) => Object.keys(entries).filter((name) => !PACKAGING.test(name)).sort();
  const text = (entries, name) => Buffer.from(entries[name]).toString('utf8');

  describe('dotnet pack', () => {
    test('three packages with their symbols, and nothing else of the solution; the version is that of the client', () => {
      assert.deepEqual(readdirSync(workshop.packed).filter((file) => file.endsWith('nupkg')).sort(),
        packages.flatMap((id) => [`${id}.${version}.nupkg`, `${id}.${version}.snupkg`]).sort());
    });

    for (const id of packages) {
      test(`${id}: assembly, XML docs and README, and nothing else`, () => {
        const entries = read(`${id}.${version}.nupkg`);
        assert.deepEqual(names(entries), [`${id}.nuspec`, 'README.md', `lib/net10.0/${id}.dll`, `lib/net10.0/${id}.xml`].sort());
        const docs = text(entries, `lib/net10.0/${id}.xml`);
        const documented = {
          'LiveHub': 'T:LiveHub.ILiveHub',
          'LiveHub.PostgreSql': 'M:Microsoft.Extensions.DependencyInjection.LiveHubPostgreSqlExtensions.UsePostgreSql``1',
          'LiveHub.Redis': 'T:LiveHub.Redis.RedisOptions',
        };
        assert.ok(docs.includes(`<member name="${documented[id]}`), docs.slice(0, 500));
        assert.equal(text(entries, 'README.md'), readFileSync(inRoot('server', id, 'README.md'), 'utf8'));
      });

      test(`${id}: the assembly's symbols, and nothing names a place of this machine`, () => {
        const symbols = read(`${id}.${version}.snupkg`);
        assert.deepEqual(names(symbols), [`${id}.nuspec`, `lib/net10.0/${id}.pdb`]);
        assert.ok(readFileSync(inRoot('server', id, 'bin', 'Release', 'net10.0', `${id}.pdb`)).equals(symbols[`lib/net10.0/${id}.pdb`]));
        const assembly = Buffer.from(read(`${id}.${version}.nupkg`)[`lib/net10.0/${id}.dll`]);
        assert.ok(assembly.includes(`/livehub/server/${id}/`), 'the path of the symbols is not mapped');
        assert.ok(!assembly.includes(root), `the assembly names ${root}`);
      });

      test(`${id}: its README's code is that of the repository's, which is compiled, and links nowhere inside of a repository`, () => {
        const readme = readFileSync(inRoot('server', id, 'README.md'), 'utf8');
        const blocks = readme.match(/```\w+\n[\s\S]*?```/g) ?? [];
        const whole = readFileSync(inRoot('README.md'), 'utf8');
        assert.ok(blocks.length > 0);
        assert.deepEqual(blocks.filter((block) => !whole.includes(block)), []);
        assert.deepEqual(readme.match(/\]\((?!https:)[^)]*\)/g), null);
      });
    }

    test('licence, authors and README are named', () => {
      for (const id of packages) {
        const nuspec = text(read(`${id}.${version}.nupkg`), `${id}.nuspec`);
        for (const line of ['<license type="expression">MIT</license>', '<authors>The LiveHub maintainers</authors>', '<readme>README.md</readme>', `<id>${id}</id>`]) {
          assert.ok(nuspec.includes(line), `${line} is not in ${nuspec}`);
        }
        assert.match(nuspec, /<description>.{40,}<\/description>\s*<tags>.+<\/tags>/);
      }
    });

    test('LiveHub needs EF Core alone; the others take LiveHub in its own version alone, LiveHub.PostgreSql its provider in one major version', () => {
      assert.deepEqual(packages.map((id) => dependencies(text(read(`${id}.${version}.nupkg`), `${id}.nuspec`))), [
        { 'Microsoft.EntityFrameworkCore.Relational': pinned('Microsoft.EntityFrameworkCore.Relational') },
        {
          'LiveHub': `[${version}]`,
          'Microsoft.EntityFrameworkCore.Relational': pinned('Microsoft.EntityFrameworkCore.Relational'),
          'Npgsql.EntityFrameworkCore.PostgreSQL': '[10.0.0, 11.0.0)',
        },
        { 'LiveHub': `[${version}]`, 'StackExchange.Redis': pinned('StackExchange.Redis') },
      ]);
    });
  });
}

function dependencies(nuspec) {
  assert.equal([...nuspec.matchAll(/<frameworkReference name="Microsoft.AspNetCore.App" \/>/g)].length, 1);
  return Object.fromEntries([...nuspec.matchAll(/<dependency id="([^"]+)" version="([^"]+)"/g)].map(([, id, version]) => [id, version]));
}

function pinned(id) {
  const versions = readFileSync(inRoot('Directory.Packages.props'), 'utf8');
  const found = new RegExp(`Include="${id.replaceAll('.', '\\.')}" Version="([^"]+)"`).exec(versions)?.[1];
  return found?.replace(/^\$\((\w+)\)$/, (_, property) => new RegExp(`<${property}>(.+)</${property}>`).exec(versions)?.[1]);
}
