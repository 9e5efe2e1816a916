import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { identityOf, stillRuns } from './processes.mjs';

const PREFIX = 'livehub-';
const OWNER_FILE = 'owner.json';

/** A new temporary folder that names this process as its owner. Others may pass through it, not list it. */
export function makeTempFolder() {
  const folder = mkdtempSync(path.join(os.tmpdir(), PREFIX));
  writeFileSync(path.join(folder, OWNER_FILE), JSON.stringify(identityOf(process.pid)));
  chmodSync(folder, 0o711);
  return folder;
}

export function removeTempFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Temporary folders of tools that were killed before they could remove them. A folder without an owner's note is not ours. */
export function abandonedTempFolders() {
  return readdirSync(os.tmpdir(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(PREFIX))
    .map((entry) => path.join(os.tmpdir(), entry.name))
    .filter(isAbandoned);
}

function isAbandoned(folder) {
  try {
    if (statSync(folder).uid !== process.getuid()) return false;
    return !stillRuns(JSON.parse(readFileSync(path.join(folder, OWNER_FILE), 'utf8')));
  } catch {
    return false;
  }
}
