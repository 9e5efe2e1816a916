import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identityOf, stillRuns } from './processes.mjs';

/**
 * Takes a lock: a file that names the process that holds it. It appears whole or not at all, and a holder that is gone
 * (killed; its pid perhaps given to somebody else) does not count.
 * @param {string} file
 * @returns {{ held: false, previous: object | undefined, note: (facts: object) => void, release: () => void } | { held: true, holder: object }}
 *   `previous` is what a holder that was killed had noted; `note` adds facts for whoever finds the lock
 */
export function takeLock(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  const mine = { ...identityOf(process.pid), token: randomUUID() };
  let previous;
  for (;;) {
    if (putInPlace(file, mine)) break;
    const holder = read(file);
    if (holder && stillRuns(holder)) return { held: true, holder };
    previous = holder ?? previous;
    removeStale(file, holder);
  }
  const stillMine = () => read(file)?.token === mine.token;
  return {
    held: false,
    previous,
    note: (facts) => {
      Object.assign(mine, facts);
      if (stillMine()) replace(file, mine);
    },
    release: () => {
      if (stillMine()) rmSync(file, { force: true });
    },
  };
}

/** Creates the file with its content in one step; false when it is there already. */
function putInPlace(file, content) {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(content));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function replace(file, content) {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(content));
  renameSync(draft, file);
}

/** Takes the file away if it still is the stale one: somebody else may have replaced it since we looked. */
function removeStale(file, stale) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (read(aside)?.token !== stale?.token) {
    try {
      linkSync(aside, file);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
