import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.mjs';

/** Folders that hold what builds and tests make, never what they are made from. */
const OUTPUTS = new Set(['node_modules', 'bin', 'obj', 'dist', 'TestResults', 'test-results', 'playwright-report', '.data', '.git', '.vs', '.idea']);

/**
 * A hash of names and contents of the files that a step is made from.
 * @param {string[]} inputs files and folders of the checkout; absent ones count as absent
 */
export function fingerprint(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) addTo(hash, inRoot(input));
  return hash.digest('hex');
}

function addTo(hash, file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) {
    for (const name of readdirSync(file).sort()) if (!OUTPUTS.has(name)) addTo(hash, path.join(file, name));
  } else if (stat.isFile()) {
    const content = readFileSync(file);
    hash.update(`${path.relative(inRoot(), file)}\0${content.length}\0`).update(content);
  }
}
