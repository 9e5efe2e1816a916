import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { fuzz } from '../../tools/lib/fuzz.mjs';
import { inRoot } from '../../tools/lib/paths.mjs';
import { Progress } from '../../tools/lib/progress.mjs';
import { childEnvironment } from '../../tools/lib/run.mjs';
import { Random, Tally } from '../../tools/lib/seeded.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';

let folder;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fuzz-test-'));
  const write = (name, body) => writeFileSync(path.join(folder, `${name}.mjs`), `export const needs = [];\nexport async function run({ seed, tally, mayTake, shutdown }) { ${body} }`);
  const loop = (check) => `for (let step = 0; mayTake(step); step++) { tally.steps++; ${check} }`;
  write('good', loop('tally.check(true);') + 'shutdown.add(() => (globalThis.undone = true));');
  write('bad', loop("tally.check(step !== 3, () => ({ step, expected: 'no 3', seen: { step }, because: 'three' }));"));
  write('worse', loop("tally.check(false, () => ({ step: 9 - step, expected: 'less', seen: 'more' }));"));
  write('idle', loop(''));
  write('short', loop('tally.check(true);') + "return { notes: ['faults: none'], missing: ['fault'] };");
  write('torn', "throw new Error('no server');");
  writeFileSync(path.join(folder, 'good.test.mjs'), '');
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv) {
  const lines = [];
  const tool = { progress: new Progress(new PassThrough()), shutdown: new Shutdown() };
  const code = await fuzz(argv, tool, { folder, print: (line) => lines.push(line) });
  return { code, lines };
}

test('the seed comes first, the sums last, and what the run had set up is undone', async () => {
  assert.deepEqual(await run('good', '--seed', '7', '--steps', '5'), { code: 0, lines: ['seed 7', '5 steps, 5 checks, 0 violations'] });
  assert.equal(globalThis.undone, true);
});

test('a violation is printed with seed, step, expected and seen, and the code is 1', async () => {
  assert.deepEqual(await run('bad', '--seed', '7', '--steps', '5'), { code: 1, lines: [
    'seed 7', 'violation: seed 7, step 3\n  expected: no 3\n  seen:     {"step":3}\n  step:     three', '5 steps, 5 checks, 1 violations'] });
});

test('of several violations the earliest is printed, and a run with too many ends', async () => {
  const { code, lines } = await run('worse', '--seed', '7', '--steps', '9');
  assert.equal(code, 1);
  assert.match(lines[1], /^violation: seed 7, step 5\n/);
  assert.equal(lines[2], `${Tally.LIMIT} steps, ${Tally.LIMIT} checks, ${Tally.LIMIT} violations`);
});

test('a run that checks nothing fails', async () => {
  assert.deepEqual(await run('idle', '--seed', '7', '--steps', '5'), { code: 1, lines: ['seed 7', 'Nothing was checked.', '5 steps, 0 checks, 0 violations'] });
});

test('a run says what was done, and fails where something has not happened that has to', async () => {
  assert.deepEqual(await run('short', '--seed', '7', '--steps', '5'), { code: 1, lines: ['seed 7', 'faults: none', 'Too short: no fault.', '5 steps, 5 checks, 0 violations'] });
});

test('without a seed there is a random one; a run may last for some minutes', async () => {
  const { lines } = await run('good', '--minutes', '0.01');
  assert.match(lines[0], /^seed \d+$/);
  assert.match(lines.at(-1), /^\d+ steps, \d+ checks, 0 violations$/);
  assert.notEqual(lines[0], (await run('good', '--steps', '1')).lines[0]);
});

test('wrong names and numbers are refused with what is right', async () => {
  await assert.rejects(run('nothing'), (error) => /no fuzzer nothing/.test(error.message) && error.remedy === 'The fuzzers: bad, good, idle, short, torn, worse.');
  await assert.rejects(run(), /Name one fuzzer/);
  await assert.rejects(run('torn'), /no server/);
  for (const [name, value] of [['seed', '4294967296'], ['seed', 'x'], ['seed', '1.5'], ['steps', '0'], ['steps', ''], ['minutes', '0'], ['minutes', 'x']]) {
    await assert.rejects(run('good', `--${name}`, value), new RegExp(`--${name} .*not a (whole )?number from`));
  }
  await assert.rejects(run('good', '--steps', '1', '--minutes', '1'), /not both/);
});

test('a fuzzer that could not run ends with code 2', () => {
  const { status, stderr } = spawnSync(process.execPath, [inRoot('tools/fuzz.mjs'), 'nothing'], { encoding: 'utf8', env: childEnvironment() });
  assert.equal(status, 2);
  assert.match(stderr, /no fuzzer nothing.*The fuzzers: hub/s);
});

test('random numbers are the same for the same seeds, and spread', () => {
  const numbers = (...seeds) => {
    const random = new Random(...seeds);
    return random.list(20, () => random.below(1000));
  };
  assert.deepEqual(numbers(1, 2), numbers(1, 2));
  assert.notDeepEqual(numbers(1, 2), numbers(1, 3));
  assert.notDeepEqual(numbers(1, 2), numbers(2, 1));
  assert.ok(new Set(Array.from({ length: 200 }, (_, n) => new Random(9, n).below(10))).size === 10);
  const random = new Random(4);
  const picks = random.list(300, () => random.weighted({ often: 9, seldom: 1, never: 0 }));
  assert.ok(picks.filter((pick) => pick === 'often').length > 200 && picks.includes('seldom') && !picks.includes('never'));
});
