import { existsSync } from 'node:fs';
import { Failure } from '../failure.mjs';
import { root } from '../paths.mjs';
import { findProgram } from '../processes.mjs';
import { runOrFail } from '../run.mjs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const INSTALL = [['apt-get', 'update'], ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium']];

/**
 * The path of a Chromium. Where there is none, it is installed if this is Debian and we are root; otherwise that is a Failure.
 * @param {{ progress: import('../progress.mjs').Progress, shutdown: import('../shutdown.mjs').Shutdown }} tool
 */
export async function findOrInstallChromium({ progress, shutdown }) {
  const found = () => PLACES.find((place) => existsSync(place));
  if (found()) return found();
  const command = INSTALL.map((parts) => parts.join(' ')).join(' && ');
  const remedy = `Install it:  ${existsSync('/etc/debian_version') ? `sudo sh -c '${command}'` : 'https://www.chromium.org/getting-involved/download-chromium/'}`;
  if (process.getuid() !== 0 || !existsSync('/etc/debian_version') || !findProgram('apt-get')) {
    throw new Failure('There is no Chromium for the end-to-end tests.', { remedy });
  }
  for (const [program, ...args] of INSTALL) {
    const label = `Installing Chromium (${program} ${args[0]})`;
    await progress.step(label, (note) => runOrFail(program, args, { cwd: root, shutdown, note, env: { DEBIAN_FRONTEND: 'noninteractive' } }));
  }
  if (!found()) throw new Failure('Chromium was installed, but is in none of the places where it was looked for.', { output: PLACES.join('\n') });
  return found();
}
