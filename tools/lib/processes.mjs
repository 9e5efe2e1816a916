import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The full path of a program on PATH, or undefined. */
export function findProgram(name) {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

let setprivFound;

/** util-linux's setpriv where it is there and knows `--pdeathsig`, else undefined. */
export function setpriv() {
  if (setprivFound === undefined) {
    const program = os.platform() === 'linux' ? findProgram('setpriv') : undefined;
    setprivFound = program && spawnSync(program, ['--pdeathsig', 'TERM', 'true']).status === 0 ? program : null;
  }
  return setprivFound ?? undefined;
}

/**
 * Starts a program in a process group of its own, so that Ctrl+C reaches only us and the whole group can be ended.
 * Where setpriv is there (Linux), the kernel sends it `deathSignal` when this process dies, even by SIGKILL.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { deathSignal?: NodeJS.Signals, setprivArgs?: string[] }} [options]
 */
export function spawnTied(command, args, { deathSignal = 'SIGTERM', setprivArgs = [], ...options } = {}) {
  const wrapper = setpriv();
  const line = wrapper ? [wrapper, ...setprivArgs, '--pdeathsig', deathSignal.replace('SIG', ''), '--', command, ...args] : [command, ...args];
  return spawn(line[0], line.slice(1), { ...options, detached: true });
}

/** Resolves when a child has ended. Never rejects. */
export function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', resolve));
}

/**
 * Ends a child: each signal in turn, with the time to obey it, then SIGKILL; at last whatever is left of its process group.
 * @param {import('node:child_process').ChildProcess} child started by spawnTied
 * @param {{ steps?: [NodeJS.Signals, number][], group?: boolean }} [options] signals and milliseconds; `group` signals the whole group at once
 */
export async function stopChild(child, { steps = [['SIGTERM', 4000]], group = false } = {}) {
  if (child.pid === undefined) return;
  const gone = ended(child);
  for (const [signal, graceMs] of steps) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    signalProcess(group ? -child.pid : child.pid, signal);
    await Promise.race([gone, delay(graceMs, undefined, { ref: false })]);
  }
  signalProcess(-child.pid, 'SIGKILL');
  await gone;
}

/** Sends a signal; false when there is no such process (group) any more. */
export function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    if (error.code === 'EPERM') return true;
    throw error;
  }
}

/**
 * What tells a process from a later one with the same pid: when it started. Undefined when there is no such process.
 * A zombie counts as gone.
 */
export function startOf(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (os.platform() === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${bootId()}/${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && stdout.trim() ? stdout.trim() : undefined;
}

function bootId() {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** A process as it can be written down and recognized later. */
export const identityOf = (pid) => ({ pid, startedAt: startOf(pid) });

/** Whether the process that was written down still runs. */
export function stillRuns(identity) {
  const start = identity && startOf(identity.pid);
  return start !== undefined && start === identity.startedAt;
}

/** Ends a process that is not our child, by what was written down of it. Resolves when it is gone. */
export async function stopStranger(identity, steps) {
  for (const [signal, graceMs] of [...steps, ['SIGKILL', 2000]]) {
    if (!stillRuns(identity)) return;
    signalProcess(identity.pid, signal);
    await until(() => !stillRuns(identity), graceMs);
  }
}

/** Polls a condition every 50 ms for at most `limitMs` milliseconds; resolves to its last value. */
export async function until(condition, limitMs, everyMs = 50) {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value || performance.now() >= deadline) return value;
    await delay(everyMs);
  }
}
