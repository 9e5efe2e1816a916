import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, explain } from '../../tools/lib/failure.mjs';

test('a folder that cannot be written is explained without a stack', () => {
  for (const code of ['EACCES', 'EROFS', 'ENOSPC']) {
    const text = explain(Object.assign(new Error(`${code}: no, mkdir '/clone/.data'`), { code }));
    assert.match(text, /\/clone\/\.data/);
    assert.equal(text.split('\n').length, 2);
    assert.doesNotMatch(text, / at /);
  }
});

test('a failure is told with what to do, what nobody expected with its stack', () => {
  assert.equal(explain(new Failure('The port is taken.', { remedy: 'Take another.' })), 'The port is taken.\nTake another.');
  assert.match(explain(new TypeError('oops')), /TypeError: oops\n +at /);
});
