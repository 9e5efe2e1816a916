import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../../tools/lib/paths.mjs';
import { freePort } from '../../tools/lib/ports.mjs';
import { identityOf, signalProcess, stillRuns } from '../../tools/lib/processes.mjs';
import { Started, allEnd, processesOf, someChildOf } from './support/npm-start.mjs';

describe('npm start', () => {
  let folder;
  const running = new Set();

  const start = (args = [], how) => {
    const started = new Started(['--port', '0', '--data', folder, ...args], how);
    running.add(started);
    return started;
  };

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'start-test-'));
  });

  after(async () => {
    for (const started of running) {
      started.signal('SIGTERM');
      await started.end();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('prints one line on stdout when /health answers 200, and serves the web page', async () => {
    const started = await start().ready();
    assert.match(started.stdout, /^Ready: http:\/\/127\.0\.0\.1:\d+\n$/);
    assert.equal((await fetch(`${started.url}/health`)).status, 200);
    assert.match(await (await fetch(started.url)).text(), /<!doctype html>/i);
    started.signal('SIGTERM');
    assert.equal(await started.end(), 0);
    assert.doesNotMatch(started.stderr, /\r|\x1b/, 'without a terminal: plain lines');
  });

  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`${signal} to npm stops everything, exit code 0`, async () => {
      const started = await start([], { viaNpm: true }).ready();
      const processes = processesOf(folder);
      started.signal(signal);
      assert.equal(await started.end(), 0);
      assert.ok(await allEnd(processes));
    });
  }

  test('SIGHUP stops everything, exit code 0', async () => {
    const started = await start().ready();
    const processes = processesOf(folder);
    started.signal('SIGHUP');
    assert.equal(await started.end(), 0);
    assert.ok(await allEnd(processes));
  });

  for (const signal of ['SIGHUP', 'SIGKILL']) {
    test(`${signal} to npm, which it does not pass on, stops everything`, async () => {
      const started = await start([], { viaNpm: true }).ready();
      const processes = processesOf(folder);
      started.signal(signal);
      assert.equal(await started.end(), signal);
      assert.ok(await allEnd(processes));
    });
  }

  test('data stays, and the next start recovers, after SIGKILL of any process', async () => {
    let started = await start().ready();
    const created = await fetch(`${started.url}/api/boards`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'Kept', tenantId: 'demo' }),
    });
    assert.equal(created.status, 201, await created.clone().text());
    const { id } = await created.json();

    const victims = {
      node: () => processesOf(folder).node,
      'the sample server': () => processesOf(folder).board,
      'the postmaster': () => processesOf(folder).postgres,
      'a backend': () => someChildOf(processesOf(folder).postgres.pid),
    };
    for (const [name, find] of Object.entries(victims)) {
      const victim = find();
      signalProcess(victim.pid, 'SIGKILL');
      if (name === 'a backend') started.signal('SIGTERM');
      const code = await started.end();
      if (name === 'the sample server' || name === 'the postmaster') {
        assert.equal(code, 1);
        assert.match(started.stderr, /has ended by itself \(ended by SIGKILL\)/);
      }
      started = await start().ready();
      assert.equal((await fetch(`${started.url}/api/boards/${id}`)).status, 200, `after SIGKILL of ${name}`);
    }
    started.signal('SIGTERM');
    assert.equal(await started.end(), 0);
  });

  test('a second start on the same data says who runs there, and leaves the first alone', async () => {
    const first = await start().ready();
    const second = start();
    assert.equal(await second.end(), 1);
    assert.match(second.stderr, new RegExp(`runs already on .*process ${processesOf(folder).node.pid}, ${first.url}`));
    assert.equal(second.stdout, '');
    assert.equal((await fetch(`${first.url}/health`)).status, 200);
    first.signal('SIGTERM');
    assert.equal(await first.end(), 0);
  });

  test('a lock whose pid belongs to another program by now does not count', async () => {
    writeFileSync(path.join(folder, 'start.lock'), JSON.stringify({ pid: process.pid, startedAt: 'another time', token: 'x' }));
    const started = await start().ready();
    started.signal('SIGTERM');
    assert.equal(await started.end(), 0);
    assert.ok(!existsSync(path.join(folder, 'start.lock')));
  });

  test('a port in use is named', async () => {
    const port = await freePort();
    const server = net.createServer().listen(port, '127.0.0.1');
    try {
      const started = start(['--port', String(port)]);
      assert.equal(await started.end(), 1);
      assert.match(started.stderr, new RegExp(`Port ${port} of 127.0.0.1 cannot be used.*\n.*--port`));
    } finally {
      server.close();
    }
  });

  test('a PostgreSQL that cannot start shows its log, and nothing stays', async () => {
    const broken = mkdtempSync(path.join(os.tmpdir(), 'start-test-'));
    try {
      const first = await start(['--data', broken]).ready();
      first.signal('SIGTERM');
      await first.end();
      rmSync(path.join(broken, 'postgres', 'global', 'pg_control'));
      const second = start(['--data', broken]);
      assert.equal(await second.end(), 1);
      assert.match(second.stderr, /PostgreSQL does not start on .*\n.*pg_control/s);

      writeFileSync(path.join(broken, 'postgres', 'PG_VERSION'), '17\n');
      const third = start(['--data', broken]);
      assert.equal(await third.end(), 1);
      assert.match(third.stderr, /not that of a PostgreSQL 18 \(its version: 17\)/);
    } finally {
      rmSync(broken, { recursive: true, force: true });
    }
  });

  test('a database that does not answer is named, before anything is built', async () => {
    const port = await freePort();
    const started = start(['--database', `Host=127.0.0.1;Port=${port};Username=me`]);
    assert.equal(await started.end(), 1);
    assert.match(started.stderr, new RegExp(`No PostgreSQL answers at 127.0.0.1, port ${port} \\(ECONNREFUSED\\)`));
  });

  test('a missing .NET SDK, and one that is too old, are named with the place to get one', async () => {
    const missing = start([], { env: { PATH: '/nowhere' } });
    assert.equal(await missing.end(), 1);
    assert.match(missing.stderr, /dotnet is not on PATH.*\n.*https:/);

    const old = mkdtempSync(path.join(os.tmpdir(), 'start-test-'));
    writeFileSync(path.join(old, 'dotnet'), '#!/bin/sh\necho no compatible SDK; exit 145\n', { mode: 0o755 });
    const outdated = start([], { env: { PATH: `${old}:${process.env.PATH}` } });
    assert.equal(await outdated.end(), 1);
    rmSync(old, { recursive: true });
    assert.match(outdated.stderr, /No \.NET SDK here is at least 10\.[\s\S]*no compatible SDK[\s\S]*https:/);
  });

  test('a Node that is too old is named', () => {
    const script = `import { requireNode } from ${JSON.stringify(path.join(root, 'tools', 'lib', 'node-version.mjs'))}; requireNode(999);`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /LiveHub needs Node 999 or newer; this is Node \d+/);
  });

  test('an unknown option is named with the usage', async () => {
    const started = start(['--prot', '1']);
    assert.equal(await started.end(), 1);
    assert.match(started.stderr, /--prot.*npm start -- \[--port N\]/s);
  });

  test('a signal while it starts leaves nothing', async () => {
    const started = start();
    await new Promise((resolve) => setTimeout(resolve, 900));
    const node = identityOf(started.child.pid);
    started.signal('SIGINT');
    assert.equal(await started.end(), 0);
    assert.ok(!stillRuns(node));
    assert.ok(!existsSync(path.join(folder, 'postgres', 'postmaster.pid')));
    assert.ok(!existsSync(path.join(folder, 'start.lock')));
  });
});
