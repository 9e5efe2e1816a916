import os from 'node:os';
import { Failure, explain } from './failure.mjs';
import { Progress } from './progress.mjs';
import { Shutdown } from './shutdown.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** How often it is checked whether npm is still there, in milliseconds. */
const NPM_CHECK_MS = 500;

/**
 * Runs a tool to its end: on success, on failure, on SIGINT, SIGTERM or SIGHUP, and when the npm that started it is gone,
 * everything registered at the shutdown is undone first. Never returns.
 * @param {(tool: { progress: Progress, shutdown: Shutdown }) => Promise<number>} work resolves to the exit code
 * @param {{ codeWhenStopped?: number, codeWhenFailed?: number }} [options] the exit code after a signal, and when `work` throws; 1 unless told
 */
export async function runTool(work, { codeWhenStopped = 1, codeWhenFailed = 1 } = {}) {
  const progress = new Progress();
  const shutdown = new Shutdown();

  let ending = false;
  const end = async (code, message) => {
    if (ending) return;
    ending = true;
    if (message) progress.line(message);
    const known = shutdown.begun;
    const errors = await shutdown.run();
    if (!known) for (const error of errors) progress.line(explain(error));
    process.exit(errors.length > 0 ? code || 1 : code);
  };

  for (const signal of SIGNALS) process.on(signal, () => void end(codeWhenStopped, `${signal}: stopping.`));
  watchNpm(() => void end(codeWhenStopped, 'npm is gone: stopping.'));
  // A terminal or pipe that is gone must not keep us from stopping what we started.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  try {
    const code = await work({ progress, shutdown });
    await end(code);
  } catch (error) {
    await end(codeWhenFailed, explain(error));
  }
  await new Promise(() => {});
}

/**
 * Notices the death of the npm that started us, by whatever signal: it forwards SIGINT and SIGTERM, not SIGHUP.
 * The scripts in package.json say `exec`, so that npm is our parent, without a shell in between that would keep signals to itself.
 */
function watchNpm(onGone) {
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(timer);
    onGone();
  }, NPM_CHECK_MS);
  timer.unref();
}

/** Refuses systems on which the tools were never run. */
export function requireUnix() {
  if (os.platform() === 'win32') throw new Failure('These tools run on Linux and macOS.', { remedy: 'On Windows, use them in WSL 2.' });
}
