import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseOptions } from './args.mjs';
import { formatConnectionString } from './connection-string.mjs';
import { Failure, explain, indent } from './failure.mjs';
import { inRoot } from './paths.mjs';
import { startThrowaway } from './postgres/throwaway.mjs';
import { seconds } from './progress.mjs';
import { setUpSteps, trySetUp } from './setup.mjs';
import { findOrInstallChromium } from './suites/chromium.mjs';
import { findOrInstallPgbouncer } from './suites/pgbouncer.mjs';
import { findOrInstallPostgres15 } from './suites/postgres15.mjs';
import { findOrInstallRedis } from './suites/redis.mjs';
import { couldNotStart, runSuite } from './suites/suite.mjs';
import { makeTempFolder, removeTempFolder } from './temp.mjs';
import { requireUnix, runTool } from './tool.mjs';

const usage = `Sets up and runs every test suite of tools/suites.json.

  npm test [-- --only NAME]

  --only NAME   run one suite`;

/** The command `npm test`. */
export async function main(argv) {
  await runTool((tool) => test(argv, tool));
}

async function test(argv, tool) {
  const { progress, shutdown } = tool;
  const { values } = parseOptions({ usage, options: { only: { type: 'string' } } }, argv);
  if (values.help) {
    console.log(usage);
    return 0;
  }
  requireUnix();
  const suites = chooseSuites(JSON.parse(readFileSync(inRoot('tools', 'suites.json'), 'utf8')), values.only);
  const { failed, environment } = await prepare(suites, tool);

  const results = makeTempFolder();
  shutdown.add(() => removeTempFolder(results));
  // Programs that tests kill leave sockets and profiles in the temporary folder: theirs goes with the results.
  environment.TMPDIR = path.join(results, 'tmp');
  mkdirSync(environment.TMPDIR, { mode: 0o755 });
  const outcomes = [];
  for (const suite of suites) {
    const blocker = suite.needs.find((need) => failed.has(need));
    const outcome = blocker
      ? { name: suite.name, ...couldNotStart(explain(failed.get(blocker))), ms: 0 }
      : await progress.step(`Suite ${suite.name}`, (note) => runSuite(suite, { results: path.join(results, suite.name), environment, shutdown, note }));
    if (shutdown.begun) return 1;
    report(outcome);
    outcomes.push(outcome);
  }

  const leftBehind = (await shutdown.run()).map((error) => ({ name: 'something was left behind', text: explain(error) }));
  if (leftBehind.length > 0) {
    outcomes.push({ name: 'clean-up', passed: 0, failures: leftBehind, ms: 0 });
    report(outcomes.at(-1));
  }

  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const notPassed = outcomes.reduce((sum, outcome) => sum + outcome.failures.length, 0);
  console.log(`${passed} passed, ${notPassed} failed`);
  return notPassed === 0 ? 0 : 1;
}

function chooseSuites(all, only) {
  const chosen = only === undefined ? all : all.filter(({ name }) => name === only);
  if (chosen.length > 0) return chosen;
  throw new Failure(`There is no suite ${only}.`, { remedy: `The suites: ${all.map(({ name }) => name).join(', ')}.` });
}

/** Sets up what the suites need. What fails is noted, so that only the suites that need it fail with it. */
async function prepare(suites, tool) {
  const { progress, shutdown } = tool;
  const needed = new Set(suites.flatMap(({ needs }) => needs));
  const wanted = new Set(suites.flatMap(({ wants = [] }) => wants));
  if (needed.has('postgres')) needed.add('packages');
  const failed = await trySetUp(setUpSteps.filter((step) => needed.has(step)), tool);
  const environment = {};
  const attempt = async (need, work) => {
    if (!needed.has(need) || shutdown.begun) return;
    try {
      await work();
    } catch (error) {
      failed.set(need, error);
    }
  };
  await attempt('postgres', async () => {
    if (failed.has('packages')) throw failed.get('packages');
    const cluster = await progress.step('Starting PostgreSQL', () => startThrowaway({ shutdown }));
    environment.LIVEHUB_TEST_POSTGRES = formatConnectionString({ ...cluster.server, database: 'postgres' });
  });
  const wish = async (want, work) => {
    if (!wanted.has(want) || shutdown.begun) return;
    try {
      await work();
    } catch (error) {
      progress.line(explain(error));
    }
  };
  await wish('postgres15', async () => {
    await findOrInstallPostgres15(tool);
    const cluster = await progress.step('Starting PostgreSQL 15', () => startThrowaway({ version: '15', shutdown }));
    environment.LIVEHUB_TEST_POSTGRES_15 = formatConnectionString({ ...cluster.server, database: 'postgres' });
  });
  await wish('pgbouncer', async () => (environment.LIVEHUB_TEST_PGBOUNCER = await findOrInstallPgbouncer(tool)));
  await wish('redis', async () => (environment.LIVEHUB_TEST_REDIS_SERVER = await findOrInstallRedis(tool)));
  await attempt('chromium', async () => (environment.LIVEHUB_CHROMIUM = await findOrInstallChromium(tool)));
  return { failed, environment };
}

/** A line for a suite, and what failed in it. */
function report({ name, passed, failures, ms }) {
  const counts = failures.length > 0 ? `${passed} passed, ${failures.length} failed` : `${passed} passed`;
  console.log(`${name.padEnd(12)} ${counts.padEnd(24)} ${seconds(ms).padStart(8)}`);
  for (const failure of failures) console.log(indent(`✗ ${failure.name}\n${indent(failure.text.trimEnd())}`));
}
