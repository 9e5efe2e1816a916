import { existsSync } from 'node:fs';
import { Failure } from '../failure.mjs';
import { root } from '../paths.mjs';
import { findProgram } from '../processes.mjs';
import { runOrFail } from '../run.mjs';

/**
 * Installs packages of Debian if this is Debian and we are root; otherwise that is a Failure that says how to.
 * @param {string[]} names
 * @param {{ progress: import('../progress.mjs').Progress, shutdown: import('../shutdown.mjs').Shutdown }} tool
 * @param {{ missing: string, elsewhere: string }} texts what is missing, and what to do on other systems
 */
export async function installDebianPackage(names, { progress, shutdown }, { missing, elsewhere }) {
  const commands = [['apt-get', 'update'], ['apt-get', 'install', '-y', '--no-install-recommends', ...names]];
  const isDebian = existsSync('/etc/debian_version');
  if (process.getuid() !== 0 || !isDebian || !findProgram('apt-get')) {
    const command = commands.map((parts) => parts.join(' ')).join(' && ');
    throw new Failure(missing, { remedy: `Install it:  ${isDebian ? `sudo sh -c '${command}'` : elsewhere}` });
  }
  for (const [program, ...args] of commands) {
    const label = `Installing ${names.join(' ')} (${program} ${args[0]})`;
    await progress.step(label, (note) => runOrFail(program, args, { cwd: root, shutdown, note, env: { DEBIAN_FRONTEND: 'noninteractive' } }));
  }
}
