import { existsSync, readFileSync } from 'node:fs';
import { inRoot } from './paths.mjs';

/**
 * Whether node_modules holds what package-lock.json asks for, by npm's own record of it, which npm writes last.
 * Packages for other platforms may be absent.
 */
export function packagesAreComplete() {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = readPackages(inRoot('package-lock.json'));
  const installed = readPackages(record);
  return Object.entries(wanted)
    .filter(([place]) => place.includes('node_modules/'))
    .every(([place, { version, link, optional }]) => {
      const found = installed[place];
      if (!found) return optional === true;
      return found.version === version && found.link === link && existsSync(inRoot(place));
    });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}
