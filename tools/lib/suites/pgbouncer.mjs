import { existsSync } from 'node:fs';
import { root } from '../paths.mjs';
import { findProgram } from '../processes.mjs';
import { runOrFail } from '../run.mjs';
import { installDebianPackage } from './apt.mjs';

/** Where Debian has it: not in everybody's PATH. */
const DEBIAN_PROGRAM = '/usr/sbin/pgbouncer';
/** Starts by itself when the package is installed; nobody needs it here. */
const DEBIAN_SERVICE = '/etc/init.d/pgbouncer';

const find = () => findProgram('pgbouncer') ?? (existsSync(DEBIAN_PROGRAM) ? DEBIAN_PROGRAM : undefined);

/**
 * The path of pgbouncer. Where there is none, it is installed if this is Debian and we are root; otherwise that is a Failure.
 * @param {{ progress: import('../progress.mjs').Progress, shutdown: import('../shutdown.mjs').Shutdown }} tool
 */
export async function findOrInstallPgbouncer(tool) {
  if (!find()) {
    await installDebianPackage(['pgbouncer'], tool, { missing: 'There is no pgbouncer, through which saves are tested.', elsewhere: 'brew install pgbouncer' });
    if (existsSync(DEBIAN_SERVICE)) await runOrFail(DEBIAN_SERVICE, ['stop'], { cwd: root, shutdown: tool.shutdown }).catch(() => {});
  }
  return find();
}
