import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions, parsePort } from '../../tools/lib/args.mjs';
import { Failure } from '../../tools/lib/failure.mjs';

const spec = { usage: 'how to use it', options: { port: { type: 'string' }, quick: { type: 'boolean' } } };

test('options are read, help is always one of them', () => {
  assert.deepEqual({ ...parseOptions(spec, ['--port', '1', '--quick'], {}).values }, { port: '1', quick: true });
  assert.equal(parseOptions(spec, ['-h'], {}).values.help, true);
});

for (const argv of [['--prot', '1'], ['--port'], ['--quick=yes'], ['stray']]) {
  test(`${argv.join(' ')} is refused with the usage`, () => {
    assert.throws(() => parseOptions(spec, argv, {}), (error) => error instanceof Failure && error.toText().includes('how to use it') && error.message.includes(argv[0].split('=')[0]));
  });
}

test('an option that npm took for itself is noticed', () => {
  const env = { npm_lifecycle_event: 'start', npm_config_port: '1' };
  assert.throws(() => parseOptions(spec, [], env), /npm took --port for itself/);
  assert.equal(parseOptions(spec, ['--port', '2'], env).values.port, '2');
  assert.equal(parseOptions(spec, [], { npm_config_port: '1' }).values.port, undefined);
});

test('ports are whole numbers from 0 to 65535', () => {
  assert.deepEqual(['0', '1', '65535'].map(parsePort), [0, 1, 65535]);
  for (const text of ['', '-1', '65536', '8o', '1.5', '0x10']) assert.throws(() => parsePort(text), /not a port/);
});
