import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, describe, test } from 'node:test';
import { Progress } from '../../tools/lib/progress.mjs';
import { runSeeded } from '../../tools/lib/seeded.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { isDurable, run } from './chaos.mjs';
import { nodeRules, rules } from './rules.mjs';
import { report } from './lib/report.mjs';
import { RespFrames } from './lib/resp-frames.mjs';
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

test('G2, G4, G5, G7, G11: half a minute of writers, readers and faults of two nodes and their Redis: holes are filled from the stream, readers move, whenever a listener is called, and at rest', async () => {
  const { code, text } = await chaos({ steps: Infinity, minutes: 0.5 }, { nodes: 2 });
  assert.match(text, /faults: [1-9]\d* sockets dropped, \d+ stalled, [1-9]\d* servers killed, /);
  assert.match(text, /\n2 nodes: \d+ times all killed at once, [1-9]\d* stood still, [1-9]\d* writers killed; Redis: \d+ times killed, \d+ emptied, \d+ flushed, .*; deliveries: .*[1-9].* doubled\n/);
  assert.match(text, /\n[1-9]\d* changesets in holes that were filled from the stream, [1-9]\d* epochs begun, [1-9]\d* connections ended to start again, [1-9]\d* moves of readers between nodes, [1-9]\d* times whole transactions looked for across collections\n/);
  assert.match(text, /looked at: [1-9]\d+ listener calls of 5 clients, [1-9]\d* times all collections beside their queries; fsync=on, /);
  assert.match(text, /\n\d+ steps, \d{4,} checks, 0 violations$/);
  assert.equal(code, 0);
});

test('a run of several nodes in which no hole was filled fails, and says so', () => {
  const cluster = { servers: [{}], counts: { late: 1, filled: 0, resets: 0 }, epochs: 0, redis: { lines: [{ counts: {} }] } };
  const done = { faults: { counts: { drop: 1 } }, cluster, readers: [{ calls: 1, moves: 0, counts: 1 }], writers: { answers: new Map([[200, 1]]) } };
  assert.deepEqual(report(done).missing, ['hole that was filled from the stream', 'move of a reader between nodes']);
  assert.deepEqual(report({ ...done, cluster: { ...cluster, redis: undefined } }).missing, []);
});

describe('with a rule turned off it finds that out, with seed, step, expected and seen', { concurrency: 3 }, () => {
  for (const [rule, nodes] of [...rules.map((rule) => [rule, 1]), ...nodeRules.map((rule) => [rule, 2])]) {
    test(rule, async () => {
      const { code, text } = await chaos({ steps: 10_000 }, { rule, nodes });
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

test('with several nodes the same seed is the same schedule, too, with all kinds of faults of nodes, writers and Redis', () => {
  const schedule = (seed, nodes) => Array.from({ length: 2 * ROUND }, (_, n) => stepOf(seed, n, nodes));
  assert.deepEqual(schedule(5, 3), schedule(5, 3));
  assert.notDeepEqual(schedule(5, 3), schedule(6, 3));
  const faults = schedule(5, 3).filter((step) => !isWrite(step) && !isLook(step));
  assert.deepEqual([...new Set(faults.map(({ kind }) => kind))].sort(),
    ['all', 'backends', 'connections', 'deliveries', 'drop', 'empty', 'flush', 'hang', 'kill', 'pause', 'redis', 'silence', 'stall', 'writer']);
  assert.deepEqual([...new Set(faults.filter(({ kind }) => kind === 'deliveries').map(({ how }) => how))].sort(), ['doubled', 'late', 'lost']);
  assert.deepEqual([...new Set(Array.from({ length: 20 }, (_, seed) => schedule(seed, 3)).flat().filter(({ kind }) => kind === 'kill').map(({ node }) => node))].sort(), [0, 1, 2]);
});

test('what a redis-server says comes out in answers and deliveries, however it is cut', () => {
  const delivery = '*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\na\r\nb\r\n';
  const frames = ['+OK\r\n', delivery, ':12\r\n', '*2\r\n*1\r\n$-1\r\n*-1\r\n', '*0\r\n', '$3\r\nx\ry\r\n', '-ERR no\r\n', delivery];
  const bytes = Buffer.from(frames.join(''));
  for (let size = 1; size <= bytes.length; size++) {
    const cut = new RespFrames();
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    assert.deepEqual(pieces.flatMap((piece) => cut.add(piece)).map(String), frames);
  }
  assert.deepEqual(frames.map((frame) => RespFrames.isDelivery(Buffer.from(frame))), [false, true, false, false, false, false, false, true]);
});

test('one run in three has a database that syncs to the disk', () => {
  assert.equal(Array.from({ length: 30 }, (_, seed) => isDurable(seed)).filter(Boolean).length, 10);
});
