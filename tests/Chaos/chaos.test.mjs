import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, describe, test } from 'node:test';
import { Progress } from '../../tools/lib/progress.mjs';
import { runSeeded } from '../../tools/lib/seeded.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { isDurable, rules, run } from './chaos.mjs';
import { isLook, isWrite, READERS, ROUND, stepOf } from './schedule.mjs';

const SEED = 20_260_107;
const shutdown = new Shutdown();
after(() => shutdown.run());

async function chaos(limits, options) {
  const lines = [];
  const tool = { progress: new Progress(new PassThrough()), shutdown };
  const code = await runSeeded({ seed: SEED, ...limits }, tool, { run: (its) => run(its, options) }, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
}

test('G2, G3, G4, G5, G9, G11: half a minute of writers, readers and faults: whenever a listener is called, and at rest', async () => {
  const { code, text } = await chaos({ steps: Infinity, minutes: 0.5 });
  assert.match(text, /faults: [1-9]\d* sockets dropped, [1-9]\d* stalled, [1-9]\d* servers killed, [1-9]\d* backends killed, [1-9]\d* of \d+ changesets published after more than 100 later ones/);
  assert.match(text, /looked at: [1-9]\d+ listener calls of 5 clients, [1-9]\d* times all collections beside their queries; fsync=on, /);
  assert.match(text, /\n\d+ steps, \d{4,} checks, 0 violations$/);
  assert.equal(code, 0);
});

describe('with a rule turned off it finds that out, with seed, step, expected and seen', { concurrency: 2 }, () => {
  for (const rule of rules) {
    test(rule, async () => {
      const { code, text } = await chaos({ steps: 10_000 }, { rule });
      assert.equal(code, 1);
      assert.match(text, /^seed 20260107\nviolation: seed 20260107, step \d+\n  expected: .*\n  seen: .*\n  step: /);
    });
  }
});

test('the same seed is the same schedule, with all kinds of writes, readers and faults', () => {
  const schedule = (seed) => Array.from({ length: 2 * ROUND }, (_, n) => stepOf(seed, n));
  assert.deepEqual(schedule(5), schedule(5));
  assert.notDeepEqual(schedule(5), schedule(6));
  const kinds = (steps) => [...new Set(steps.map(({ kind }) => kind))].sort();
  const writes = schedule(5).filter(isWrite);
  assert.deepEqual(kinds(writes), ['bulk', 'delete', 'edit', 'insert', 'label', 'move', 'race', 'reread', 'sweep', 'transfer']);
  assert.deepEqual([...new Set(writes.map(({ way, end }) => `${way} ${end}`))].sort(),
    ['ado commit', 'ado leave', 'ado rollback', 'ef commit', 'ef leave', 'ef rollback', 'ef savepoint', 'scope commit', 'scope leave', 'scope rollback']);
  assert.deepEqual(kinds(schedule(5).filter(isLook)), ['close', 'open']);
  assert.equal(new Set(schedule(5).filter(isLook).map(({ reader }) => reader)).size, READERS);
  assert.deepEqual(kinds(schedule(5).filter((step) => !isWrite(step) && !isLook(step))), ['backends', 'drop', 'kill', 'stall']);
});

test('one run in three has a database that syncs to the disk', () => {
  assert.equal(Array.from({ length: 30 }, (_, seed) => isDurable(seed)).filter(Boolean).length, 10);
});
