import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { identityOf, startOf, stopStranger } from '../processes.mjs';

/** A postmaster is asked to end its sessions first, then to drop everything; times in milliseconds. */
const POSTMASTER_STEPS = [['SIGINT', 5000], ['SIGQUIT', 2000]];

/**
 * Stops the PostgreSQL processes that an earlier run left on this cluster, and removes a postmaster.pid whose number now
 * belongs to another program, which PostgreSQL would take for a running server. Call it only under the data folder's lock.
 * @param {string} cluster the cluster's folder
 * @returns {Promise<number>} how many processes there were
 */
export async function stopLeftovers(cluster) {
  if (!existsSync(cluster)) return 0;
  const folder = realpathSync(cluster);
  const pids = process.platform === 'linux' ? processesIn(folder) : serversNaming(folder);
  const pidFile = path.join(folder, 'postmaster.pid');
  const noted = postmasterPid(pidFile);
  const identities = pids.map(identityOf);

  const postmaster = identities.find(({ pid }) => pid === noted);
  if (postmaster) await stopStranger(postmaster, POSTMASTER_STEPS);
  // Without their postmaster the others end by themselves, but not in the middle of a long computation.
  await Promise.all(identities.map((identity) => stopStranger(identity, [['SIGQUIT', 500]])));

  // On Linux we have seen for ourselves that none is left; elsewhere only a number that is taken again misleads PostgreSQL. A zombie counts for it as running.
  if (noted !== undefined && !postmaster && (process.platform === 'linux' || startOf(noted) !== undefined)) rmSync(pidFile, { force: true });
  return pids.length;
}

function postmasterPid(pidFile) {
  try {
    return Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0]);
  } catch {
    return undefined;
  }
}

/** Every PostgreSQL process works in its cluster's folder. */
function processesIn(folder) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}

/** Without /proc: the servers whose command line names the cluster. */
function serversNaming(folder) {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' });
  return stdout.split('\n')
    .filter((line) => line.includes('/postgres ') && line.includes(`-D ${folder} `))
    .map((line) => Number.parseInt(line, 10));
}
