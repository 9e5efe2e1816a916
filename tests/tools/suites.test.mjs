import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { inRoot } from '../../tools/lib/paths.mjs';
import { setUpSteps } from '../../tools/lib/setup.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { parseTrx, reportReaders } from '../../tools/lib/suites/reports.mjs';
import { count, runSuite } from '../../tools/lib/suites/suite.mjs';
import { childEnvironment } from '../../tools/lib/run.mjs';

let folder;
before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'suites-test-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name, content) {
  const results = mkdtempSync(path.join(folder, 'results-'));
  writeFileSync(path.join(results, name), typeof content === 'string' ? content : JSON.stringify(content));
  return results;
}

const ended = { code: 0, signal: null, output: 'all of it', timedOut: false };

test('every suite names known needs and a known report', () => {
  const suites = JSON.parse(readFileSync(inRoot('tools/suites.json'), 'utf8'));
  assert.equal(new Set(suites.map(({ name }) => name)).size, suites.length);
  for (const suite of suites) {
    for (const need of suite.needs) assert.ok([...setUpSteps, 'postgres', 'chromium'].includes(need), need);
    for (const want of suite.wants ?? []) assert.ok(['postgres15', 'pgbouncer', 'redis'].includes(want), want);
    assert.ok(suite.report === 'exitCode' || suite.report in reportReaders, suite.report);
    assert.ok(suite.limitMinutes > 0);
  }
});

test('trx: passed, failed with message and trace, skipped', () => {
  const tests = parseTrx(`<TestRun><Results>
    <UnitTestResult executionId="1" testName="A &quot;quoted&quot; &lt;one&gt;" outcome="Passed" />
    <UnitTestResult testName="Fails" outcome="Failed"><Output><ErrorInfo><Message>1 &#xE4; 2</Message><StackTrace>at X</StackTrace></ErrorInfo></Output></UnitTestResult>
    <UnitTestResult testName="Waits" outcome="NotExecuted"><Output><StdOut>-</StdOut></Output></UnitTestResult>
  </Results></TestRun>`);
  assert.deepEqual(tests, [
    { name: 'A "quoted" <one>', passed: true },
    { name: 'Fails', passed: false, text: '1 ä 2\nat X' },
    { name: 'Waits', passed: false, text: 'NotExecuted' },
  ]);
});

test('vitest: passed, failed, skipped, and a file that could not be loaded', () => {
  const results = write('report.json', { testResults: [
    { name: 'a.test.ts', status: 'failed', message: '', assertionResults: [
      { fullName: 'a one', status: 'passed', failureMessages: [] },
      { fullName: 'a two', status: 'failed', failureMessages: ['no'] },
      { fullName: 'a three', status: 'pending', failureMessages: [] }] },
    { name: 'b.test.ts', status: 'failed', message: 'cannot load', assertionResults: [] }] });
  assert.deepEqual(reportReaders.vitest(results).map(({ passed, text }) => (passed ? 'passed' : text)), ['passed', 'no', 'pending', 'cannot load']);
});

test('playwright: passed, failed, flaky, skipped, and errors outside of tests', () => {
  const attachments = [{ contentType: 'image/png', path: 'shot.png' }, { contentType: 'text/plain', body: Buffer.from('saw').toString('base64') }];
  const spec = (title, status, errors = []) => ({ title, tests: [{ status, results: [{ status: errors.length > 0 ? 'failed' : 'passed', errors, attachments }] }] });
  const results = write('report.json', { errors: [{ message: 'set-up' }], suites: [{ title: 'file', specs: [spec('ok', 'expected')], suites: [
    { title: 'inner', specs: [spec('no', 'unexpected', [{ message: 'boom' }]), spec('twice', 'flaky'), spec('never', 'skipped')] }] }] });
  assert.deepEqual(reportReaders.playwright(results).map(({ name, passed, text }) => (passed ? name : `${name}: ${text}`)),
    ['file › ok', 'file › inner › no: boom\nsaw', 'file › inner › twice: flaky', 'file › inner › never: skipped', 'outside of tests: set-up']);
});

test('node: passed, failed, skipped and todo, counted without their describe', () => {
  const results = mkdtempSync(path.join(folder, 'node-'));
  writeFileSync(path.join(results, 'x.test.mjs'), `import { describe, test } from 'node:test';
    describe('group', () => { test('ok', () => {}); test('no', () => { throw new Error('boom'); }); });
    test('skipped', { skip: true }, () => {}); test('later', { todo: true }, () => {});`);
  const reporter = inRoot('tools/lib/suites/node-reporter.mjs');
  const env = childEnvironment();
  delete env.NODE_TEST_CONTEXT;
  spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, `--test-reporter-destination=${path.join(results, 'report.jsonl')}`], { cwd: results, env });
  const tests = reportReaders.node(results).filter(({ name }) => name !== 'group');
  assert.deepEqual(tests.map(({ name, passed }) => [name, passed]), [['ok', true], ['no', false], ['skipped', false], ['later', false]]);
  assert.match(tests[1].text, /boom/);
});

test('no tests, no report, a wrong exit code and a time limit count as failed', () => {
  const suite = { name: 's', report: 'vitest', limitMinutes: 1 };
  const good = write('report.json', { testResults: [{ name: 'f', status: 'passed', assertionResults: [{ fullName: 't', status: 'passed' }] }] });
  const names = (result, results) => count(suite, result, results).failures.map(({ name }) => name);
  assert.deepEqual(count(suite, ended, good), { passed: 1, failures: [] });
  assert.deepEqual(names(ended, write('other', '')), ['the suite reported no tests']);
  assert.deepEqual(names({ ...ended, code: 3 }, good), ['the suite ended with code 3 although no test failed']);
  assert.deepEqual(names({ ...ended, timedOut: true }, good), ['the suite did not end within 1 minutes']);
});

test('a suite of one command passes or fails as a whole', () => {
  const suite = { name: 'types', report: 'exitCode', limitMinutes: 1 };
  assert.deepEqual(count(suite, ended, folder), { passed: 1, failures: [] });
  assert.deepEqual(count(suite, { ...ended, code: 2 }, folder), { passed: 0, failures: [{ name: 'types', text: 'all of it' }] });
});

test('a suite whose folder or program is missing could not start; one that hangs is ended with all its processes', async () => {
  const options = { results: path.join(folder, 'r'), environment: {}, shutdown: new Shutdown(), note: () => {} };
  mkdirSync(options.results, { recursive: true });
  const suite = { name: 's', needs: [], folder: '.', report: 'exitCode', limitMinutes: 1 };
  assert.match((await runSuite({ ...suite, folder: 'nowhere', command: ['node'] }, options)).failures[0].text, /nowhere is missing/);
  assert.match((await runSuite({ ...suite, command: ['no-such-program'] }, options)).failures[0].text, /not on PATH/);
  const hanging = await runSuite({ ...suite, command: ['sh', '-c', 'sleep 61 & sleep 62'], limitMinutes: 0.005 }, options);
  assert.match(hanging.failures.at(-1).name, /did not end within/);
  assert.notEqual(spawnSync('pgrep', ['-f', '^sleep 6[12]$']).status, 0);
});

test('an unknown suite is refused with the names of all', () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [inRoot('tools/test.mjs'), '--only', 'nothing'], { encoding: 'utf8', env: childEnvironment() });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /no suite nothing.*dotnet, client, types, tools, acceptance, e2e/s);
});
