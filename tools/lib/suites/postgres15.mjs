import { existsSync } from 'node:fs';
import { root } from '../paths.mjs';
import { systemFolder } from '../postgres/binaries.mjs';
import { runOrFail } from '../run.mjs';
import { installDebianPackage } from './apt.mjs';

/** What Debian makes and starts by itself when the package is installed; nobody needs it here. */
const DEBIAN_CLUSTER = '/etc/postgresql/15/main';

/**
 * Sees to it that the programs of PostgreSQL 15 are there. Where they are not, they are installed if this is Debian and we are root;
 * otherwise that is a Failure.
 * @param {{ progress: import('../progress.mjs').Progress, shutdown: import('../shutdown.mjs').Shutdown }} tool
 */
export async function findOrInstallPostgres15(tool) {
  if (systemFolder('15')) return;
  const had = existsSync(DEBIAN_CLUSTER);
  await installDebianPackage(['postgresql-15'], tool, {
    missing: 'There is no PostgreSQL 15, the oldest version that is tested.',
    elsewhere: 'brew install postgresql@15',
  });
  if (!had && existsSync(DEBIAN_CLUSTER)) {
    await runOrFail('pg_dropcluster', ['--stop', '15', 'main'], { cwd: root, shutdown: tool.shutdown });
  }
}
