import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runSeeded } from '../../tools/lib/seeded.mjs';
import { Progress } from '../../tools/lib/progress.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { PassThrough } from 'node:stream';
import { attack } from './hub.mjs';
import { stepOf } from './hub/steps.mjs';
import { startFuzzServer } from './lib/fuzz-server.mjs';

const SEED = 20_260_101;
const shutdown = new Shutdown();
let server;

before(async () => (server = await startFuzzServer({ shutdown })));
after(() => shutdown.run());

/** Runs the fuzzer on the server that is there. */
async function run(steps, limitMs) {
  const lines = [];
  const tool = { progress: new Progress(new PassThrough()), shutdown };
  const code = await runSeeded({ seed: SEED, steps }, tool, { run: (its) => attack(server, its, limitMs) }, (line) => lines.push(line));
  return { code, text: lines.join('\n') };
}

test('B2: random and mutated messages are answered as docs/protocol.md says, and leave the server as it was', async () => {
  const { code, text } = await run(1_200);
  assert.match(text, /^seed 20260101\n1200 steps, \d{4,} checks, 0 violations$/);
  assert.equal(code, 0);
});

/** How long is waited for an answer that a fault may have swallowed: well above what a busy machine takes for one that it has not. */
const LIMIT_MS = 5_000;

// Lanes run side by side: which message a fault hits, and so which check finds it, is not the same each time.
for (const [fault, expected, steps = 300] of [
  ['throw', /a completion without an error|nothing in the log|answers|an answer on the same connection|a new connection that is welcomed|expected: \[\{"id":11/],
  ['silence', /from \d+ to \d+ answers|an answer on the same connection|a new connection that is welcomed|expected: \[\{"id":11/],
  ['close', /an answer on the same connection|a new connection that is welcomed|expected: \[\{"id":11/],
  // 4 kB of each message: what is kept of some 5,000 is above what may come and go.
  ['leak', /no growth of memory/, 900],
]) {
  test(`a server that is broken on purpose (${fault}) is found out, with seed, step, expected and seen`, async () => {
    await server.break(fault);
    try {
      const { code, text } = await run(steps, LIMIT_MS);
      assert.equal(code, 1);
      assert.match(text, /^seed 20260101\nviolation: seed 20260101, step \d+\n  expected: .*\n  seen: .*\n  step: /);
      assert.match(text, expected);
    } finally {
      await server.break(undefined);
    }
  });
}

test('the same seed is the same schedule', () => {
  const schedule = (seed) => JSON.stringify(Array.from({ length: 300 }, (_, n) => stepOf(seed, n)));
  assert.equal(schedule(5), schedule(5));
  assert.notEqual(schedule(5), schedule(6));
  assert.deepEqual(stepOf(5, 299), stepOf(5, 299));
});
