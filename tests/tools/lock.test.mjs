import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { takeLock } from '../../tools/lib/lock.mjs';
import { inRoot } from '../../tools/lib/paths.mjs';
import { ended } from '../../tools/lib/processes.mjs';

let folder;
let file;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lock-test-'));
  file = path.join(folder, 'deep', 'a.lock');
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('only one holds it; whoever comes second learns who', () => {
  const first = takeLock(file);
  first.note({ url: 'here' });
  const second = takeLock(file);
  assert.equal(second.held, true);
  assert.equal(second.holder.pid, process.pid);
  assert.equal(second.holder.url, 'here');
  first.release();
  assert.ok(!existsSync(file));
});

test('a holder that was killed does not count, and what it noted is passed on', async () => {
  const script = `import { takeLock } from ${JSON.stringify(inRoot('tools/lib/lock.mjs'))};
    takeLock(process.argv[1]).note({ children: [1] }); console.log('taken'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  assert.equal(takeLock(file).held, true);
  holder.kill('SIGKILL');
  await ended(holder);
  const next = takeLock(file);
  assert.equal(next.held, false);
  assert.deepEqual(next.previous.children, [1]);
  next.release();
});

for (const [what, content] of [['of a pid that somebody else has now', JSON.stringify({ pid: process.pid, startedAt: 'long ago' })], ['that is torn', '{"pid":'], ['that is empty', '']]) {
  test(`a lock ${what} is taken over`, () => {
    writeFileSync(file, content);
    const lock = takeLock(file);
    assert.equal(lock.held, false);
    lock.release();
  });
}

test('of many that find a stale lock, one gets it', async () => {
  writeFileSync(file, JSON.stringify({ pid: 1, startedAt: 'never', token: 'stale' }));
  const script = `import { takeLock } from ${JSON.stringify(inRoot('tools/lib/lock.mjs'))};
    console.log(takeLock(process.argv[1]).held); setInterval(() => {}, 1000);`;
  const contenders = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const answers = await Promise.all(contenders.map(async (contender) => String((await once(contender.stdout, 'data'))[0]).trim()));
  for (const contender of contenders) contender.kill();
  await Promise.all(contenders.map(ended));
  assert.equal(answers.filter((held) => held === 'false').length, 1, answers.join());
  rmSync(file);
  assert.deepEqual(readdirSync(path.dirname(file)), []);
});
