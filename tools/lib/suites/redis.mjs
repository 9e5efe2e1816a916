import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { root } from '../paths.mjs';
import { findProgram } from '../processes.mjs';
import { runOrFail } from '../run.mjs';
import { installDebianPackage } from './apt.mjs';

/** What Debian asks before a package starts its service (invoke-rc.d, deb-systemd-invoke); 101: no. */
const POLICY = '/usr/sbin/policy-rc.d';
const NO_SERVICE = '#!/bin/sh\nexit 101\n';

/**
 * The path of redis-server. Where there is none, it is installed if this is Debian and we are root, and none runs on its usual port after that; otherwise that is a Failure.
 * @param {{ progress: import('../progress.mjs').Progress, shutdown: import('../shutdown.mjs').Shutdown }} tool
 */
export async function findOrInstallRedis(tool) {
  const found = findProgram('redis-server');
  if (found) return found;
  await withoutServices(tool.shutdown, () => installDebianPackage(['redis-server'], tool, {
    missing: 'There is no redis-server, on which the log of several nodes is tested.',
    elsewhere: 'brew install redis',
  }));
  // Nor after the next start of the system.
  if (findProgram('update-rc.d')) await runOrFail('update-rc.d', ['redis-server', 'disable'], { cwd: root, shutdown: tool.shutdown }).catch(() => {});
  return findProgram('redis-server');
}

/** Installs something whose service is not to start. Whose machine has a policy of its own keeps it. */
async function withoutServices(shutdown, install) {
  const isOurs = process.getuid() === 0 && !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, NO_SERVICE, { mode: 0o755, flag: 'wx' });
  const restore = () => isOurs && rmSync(POLICY, { force: true });
  const forget = shutdown.add(restore);
  try {
    await install();
  } finally {
    restore();
    forget();
  }
}
