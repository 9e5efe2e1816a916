import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { explain, lastLines } from '../failure.mjs';
import { inRoot, root } from '../paths.mjs';
import { run } from '../run.mjs';
import { reportReaders } from './reports.mjs';

/** How much of a program's output is shown when no single test explains a failure. */
const SHOWN_LINES = 60;

/**
 * @typedef {{ name: string, needs: string[], wants?: string[], folder: string, command: string[], environment?: Record<string, string>,
 *   report: 'trx' | 'vitest' | 'playwright' | 'node' | 'exitCode', limitMinutes: number }} Suite an entry of tools/suites.json;
 *   without what it needs it does not run, and what it wants is missed by the tests themselves; `{root}` and `{results}` in it stand for the checkout and for the suite's folder for results
 * @typedef {{ name: string, passed: number, failures: { name: string, text: string }[], ms: number }} Outcome
 */

/**
 * Runs a suite. Never rejects: what keeps it from running counts as one failed test.
 * @param {Suite} suite
 * @param {{ results: string, environment: Record<string, string>, shutdown: import('../shutdown.mjs').Shutdown, note: (text: string) => void }} options
 * @returns {Promise<Outcome>}
 */
export async function runSuite(suite, { results, environment, shutdown, note }) {
  const startedAt = performance.now();
  const finish = (counted) => ({ name: suite.name, ...counted, ms: performance.now() - startedAt });
  try {
    const cwd = inRoot(suite.folder);
    if (!existsSync(cwd)) return finish(couldNotStart(`The folder ${suite.folder} is missing.`));
    mkdirSync(results, { recursive: true });
    const fill = (text) => text.replaceAll('{root}', root).replaceAll('{results}', results);
    const [program, ...args] = suite.command.map(fill);
    const own = Object.fromEntries(Object.entries(suite.environment ?? {}).map(([name, value]) => [name, fill(value)]));
    const ended = await run(program, args, { cwd, shutdown, note, env: { ...environment, ...own }, limitMs: suite.limitMinutes * 60_000 });
    return finish(count(suite, ended, results));
  } catch (error) {
    return finish(couldNotStart(explain(error)));
  }
}

/** The outcome of a suite that never ran. */
export function couldNotStart(why) {
  return { passed: 0, failures: [{ name: 'could not start', text: why }] };
}

/** Counts a suite that ran. The exit code must agree with the tests, and there must be tests. */
export function count(suite, { code, signal, output, timedOut }, results) {
  const tests = suite.report === 'exitCode'
    ? [{ name: suite.name, passed: code === 0, text: lastLines(output, SHOWN_LINES) }]
    : reportReaders[suite.report](results);
  const failures = tests.filter((test) => !test.passed).map(({ name, text }) => ({ name, text: text ?? '' }));
  const passed = tests.length - failures.length;

  const whole = timedOut ? `did not end within ${suite.limitMinutes} minutes`
    : tests.length === 0 ? 'reported no tests'
    : code !== 0 && failures.length === 0 ? `ended with ${signal ?? `code ${code}`} although no test failed`
    : undefined;
  if (whole) failures.push({ name: `the suite ${whole}`, text: lastLines(output, SHOWN_LINES) });
  return { passed, failures };
}
