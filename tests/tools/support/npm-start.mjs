import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../../tools/lib/paths.mjs';
import { ended, identityOf, signalProcess, stillRuns, until } from '../../../tools/lib/processes.mjs';
import { childEnvironment } from '../../../tools/lib/run.mjs';

const READY_LIMIT_MS = 60_000;
/** What the issue promises: everything has stopped by then. */
export const STOP_LIMIT_MS = 10_000;

/** A running `npm start` (or the node below it alone) and what it said. */
export class Started {
  stdout = '';
  stderr = '';

  /** @param {string[]} args options of start; @param {{ viaNpm?: boolean, env?: Record<string, string> }} [how] */
  constructor(args, { viaNpm = false, env = {} } = {}) {
    const [program, ...before] = viaNpm ? ['npm', 'start', '--silent', '--'] : [process.execPath, path.join(root, 'tools', 'start.mjs')];
    this.child = spawn(program, [...before, ...args], { cwd: root, env: childEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
  }

  get url() {
    return /^Ready: (\S+)$/m.exec(this.stdout)?.[1];
  }

  get hasEnded() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits for the Ready line. */
  async ready() {
    await until(() => this.url || this.hasEnded, READY_LIMIT_MS);
    if (!this.url) throw new Error(`Not ready:\n${this.stdout}\n${this.stderr}`);
    return this;
  }

  signal(signal) {
    signalProcess(this.child.pid, signal);
  }

  /** Resolves to the exit code, or the signal's name. */
  async end() {
    await until(() => this.hasEnded, STOP_LIMIT_MS);
    if (!this.hasEnded) throw new Error(`Still there after ${STOP_LIMIT_MS} ms:\n${this.stderr}`);
    await ended(this.child);
    return this.child.signalCode ?? this.child.exitCode;
  }
}

/** The processes that run on a data folder: start itself, then PostgreSQL and the sample server, or PostgreSQL, Redis and several of them. */
export function processesOf(folder) {
  const lock = JSON.parse(readFileSync(path.join(folder, 'start.lock'), 'utf8'));
  const [postgres, ...rest] = lock.children;
  const [redis, board, ...others] = rest.length > 1 ? rest : [undefined, ...rest];
  return { node: { pid: lock.pid, startedAt: lock.startedAt }, postgres, ...(redis && { redis }), board, ...(others.length > 0 && { board2: others[0] }) };
}

/** Whether all of them end in time. */
export async function allEnd(processes) {
  return until(() => !Object.values(processes).some(stillRuns), STOP_LIMIT_MS);
}

/** A child of a process on Linux, for killing a PostgreSQL backend. */
export function someChildOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return identityOf(children.at(-1));
}
