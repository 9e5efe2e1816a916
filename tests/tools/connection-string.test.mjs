import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatConnectionString, parseConnectionString } from '../../tools/lib/connection-string.mjs';

test('keywords in any case, with their synonyms; others are left alone', () => {
  assert.deepEqual(parseConnectionString('server=db ; User Id = me;PWD=x;Db=board;SSL Mode=Require;'), { host: 'db', user: 'me', password: 'x', database: 'board', port: 5432 });
  assert.equal(parseConnectionString('Host=h;Port=6543').port, 6543);
});

test('any value survives writing and reading', () => {
  for (const password of ['a;b', 'a"b', "a'b", ' a ', 'a=b', '"', 'a b"";']) {
    const server = { host: 'h', port: 1, user: 'u', password, database: 'd' };
    assert.deepEqual(parseConnectionString(formatConnectionString(server)), server);
  }
});

test('what is none is refused with an example', () => {
  for (const text of ['', 'foo', 'Port=1', 'Host=', 'Host=h;what', 'postgres://me@h/db']) assert.throws(() => parseConnectionString(text), /not a connection string/, text);
});
