import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { bench } from '../../tools/lib/bench.mjs';
import { Progress } from '../../tools/lib/progress.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { alternate, median, percentile, ratioResult, result, spread } from '../benchmarks/lib/statistics.mjs';

let folder;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'bench-test-'));
  const write = (name, body) => writeFileSync(path.join(folder, `${name}.mjs`), `export const needs = [];\nexport async function run({ quick, shutdown }) { ${body} }`);
  write('good', "return { results: [{ name: 'x', value: quick ? 1 : 2, ok: true }] };");
  write('missed', "shutdown.add(() => (globalThis.undone = true)); return { results: [{ name: 'x', value: 3, ok: false }] };");
  write('torn', "throw new Error('cannot measure');");
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv) {
  const lines = [];
  const tool = { progress: new Progress(new PassThrough()), shutdown: new Shutdown() };
  const code = await bench(argv, tool, { folder, print: (line) => lines.push(line) });
  return { code, results: lines.map((line) => JSON.parse(line)) };
}

test('a bench prints one line of JSON', async () => {
  assert.deepEqual(await run('good', '--quick'), { code: 0, results: [{ bench: 'good', ok: true, results: [{ name: 'x', value: 1, ok: true }] }] });
});

test('a missed budget is not ok, but measured; what the bench had set up is undone', async () => {
  const { code, results } = await run('missed');
  assert.equal(code, 0);
  assert.equal(results[0].ok, false);
  assert.equal(globalThis.undone, true);
});

test('a bench that could not measure ends with code 1', async () => {
  assert.deepEqual(await run('torn'), { code: 1, results: [{ bench: 'torn', ok: false, error: 'cannot measure' }] });
});

test('without a name every bench runs, with a line for all', async () => {
  const { code, results } = await run();
  assert.equal(code, 1);
  assert.deepEqual(results.map((result) => result.bench), ['good', 'missed', 'torn', 'all']);
  assert.deepEqual(results.at(-1), { bench: 'all', ok: false, benches: [{ bench: 'good', ok: true }, { bench: 'missed', ok: false }, { bench: 'torn', ok: false }] });
});

test('an unknown bench is refused with the names of all', async () => {
  await assert.rejects(run('nothing'), (error) => /no bench nothing/.test(error.message) && /good, missed, torn/.test(error.remedy));
});

test('median, percentiles and spread', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.deepEqual(spread([1, 2, 3, 4, 5]), [2, 4]);
  assert.equal(percentile([10, 20], 0.99), 19.9);
  assert.throws(() => median([]), RangeError);
});

test('runs alternate in order after one that is not counted, and ratios are taken pair by pair', async () => {
  const calls = [];
  const side = (name, value) => async (n) => (calls.push(`${name}${n}`), value * (n + 1));
  const pairs = await alternate({ runs: 2, subject: side('s', 3), reference: side('r', 2) });
  assert.deepEqual(calls, ['s0', 'r0', 'r1', 's1', 's2', 'r2']);
  assert.deepEqual(ratioResult('x', pairs, { budget: 1.6, direction: 'max' }),
    { name: 'x', value: 1.5, budget: 1.6, unit: 'x', direction: 'max', runs: 2, spread: [1.5, 1.5], ok: true });
  assert.equal(ratioResult('x', pairs, { budget: 1.6, direction: 'min' }).ok, false);
});

test('a result that is no ratio is the median of its runs', () => {
  assert.deepEqual(result('x', [30, 10, 20], { budget: 20, unit: 'B', direction: 'max' }),
    { name: 'x', value: 20, budget: 20, unit: 'B', direction: 'max', runs: 3, spread: [15, 25], ok: true });
  assert.equal(result('x', [30, 10, 21], { budget: 20, unit: 'B', direction: 'max' }).ok, false);
});
