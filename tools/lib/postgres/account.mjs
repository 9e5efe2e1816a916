import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { Failure } from '../failure.mjs';
import { setpriv } from '../processes.mjs';

/**
 * PostgreSQL refuses to run as root. Started by root, it runs under another account: the one that owns the data already,
 * else `postgres`, else `nobody`, which every system has.
 * @typedef {{ uid: number, gid: number, setprivArgs: string[] }} Account
 */

/** Capabilities that let the other account into a folder that is closed to it, such as a checkout in root's home; the weaker first. */
const CAPABILITIES = [undefined, 'dac_read_search', 'dac_override'];

/**
 * The account for a cluster, or undefined when we are not root and it simply is our own.
 * @param {{ cluster: string, parent: string, postgres: string }} paths the cluster's folder (may not exist yet), the folder that
 *   holds it, and PostgreSQL's server program
 * @returns {Account | undefined}
 */
export function accountFor({ cluster, parent, postgres }) {
  if (process.getuid() !== 0) return undefined;
  const ids = ownerOf(cluster) ?? lookUp('postgres') ?? lookUp('nobody');
  const change = setpriv();
  if (!ids || !change) {
    throw new Failure(`PostgreSQL does not run as root, and here is no ${ids ? 'setpriv (util-linux)' : 'account postgres or nobody'} to run it under another account.`, {
      remedy: `Install ${ids ? 'util-linux' : 'the account (useradd --system postgres)'}, or start as an ordinary user, or use a server of your own with --database "Host=…"`,
    });
  }
  const answers = [];
  for (const capability of CAPABILITIES) {
    const setprivArgs = argumentsFor(ids, capability);
    const probe = spawnSync(change, [...setprivArgs, 'sh', '-c', 'cd "$0" && exec "$1" --version', parent, postgres], { encoding: 'utf8' });
    if (probe.status === 0 && probe.stderr === '') return { ...ids, setprivArgs };
    answers.push(probe.stderr.trim());
  }
  throw new Failure(`PostgreSQL does not run as root, and account ${ids.uid} may not enter ${parent} or run ${postgres}.`, {
    output: answers.join('\n'),
    remedy: 'Put the checkout and the data where other accounts may enter, or use a server of your own with --database "Host=…"',
  });
}

/** `no_setuid_fixup`: PostgreSQL checks its files by access(2), which heeds the capabilities of an ordinary account only with it. */
function argumentsFor({ uid, gid }, capability) {
  const change = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return capability ? [...change, '--securebits=+no_setuid_fixup', `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`] : change;
}

function ownerOf(folder) {
  if (!existsSync(folder)) return undefined;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? undefined : { uid, gid };
}

function lookUp(name) {
  const entry = readFileSync('/etc/passwd', 'utf8').split('\n').find((line) => line.startsWith(`${name}:`));
  if (!entry) return undefined;
  const [, , uid, gid] = entry.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
