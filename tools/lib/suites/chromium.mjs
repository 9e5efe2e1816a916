import { existsSync } from 'node:fs';
import { Failure } from '../failure.mjs';
import { installDebianPackage } from './apt.mjs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/**
 * The path of a Chromium. Where there is none, it is installed if this is Debian and we are root; otherwise that is a Failure.
 * @param {{ progress: import('../progress.mjs').Progress, shutdown: import('../shutdown.mjs').Shutdown }} tool
 */
export async function findOrInstallChromium(tool) {
  const found = () => PLACES.find((place) => existsSync(place));
  if (found()) return found();
  await installDebianPackage(['chromium'], tool, {
    missing: 'There is no Chromium for the end-to-end tests.',
    elsewhere: 'https://www.chromium.org/getting-involved/download-chromium/',
  });
  if (!found()) throw new Failure('Chromium was installed, but is in none of the places where it was looked for.', { output: PLACES.join('\n') });
  return found();
}
