import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../../tools/lib/paths.mjs';
import { freePort } from '../../tools/lib/ports.mjs';
import { identityOf, signalProcess, stillRuns, until } from '../../tools/lib/processes.mjs';
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

  describe('with two nodes', () => {
    /** Saves something, and waits until it is in the log. Returns the offset where the log ends. */
    async function saveAndReadHead(url) {
      const before = await readHead();
      const saved = await fetch(`${url}/api/boards`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'Saved', tenantId: 'demo' }) });
      assert.equal(saved.status, 201);
      let head;
      assert.ok(await until(async () => (head = await readHead()) > before, 5000));
      return head;
    }

    /** What Redis says, asked with the password of its own settings. */
    async function readHead() {
      const settings = readFileSync(path.join(folder, 'redis', 'redis.conf'), 'utf8');
      const [port, password] = ['port', 'requirepass'].map((name) => new RegExp(`^${name} (.*)$`, 'm').exec(settings)[1]);
      const socket = net.connect(Number(port), '127.0.0.1');
      socket.end(`AUTH ${password}\r\nHGET {board}:state head\r\nQUIT\r\n`);
      const [, head = '0'] = /^\+OK\r\n\$\d+\r\n(\d+)\r\n/.exec((await socket.toArray()).join('')) ?? [];
      return Number(head);
    }

    test('two servers and a Redis behind one address; a node that is killed is said, and the other goes on', async () => {
      const started = await start(['--nodes', '2']).ready();
      assert.match(started.stdout, /^Ready: http:\/\/127\.0\.0\.1:\d+\n$/);
      const processes = processesOf(folder);
      assert.deepEqual(Object.values(processes).map(stillRuns), [true, true, true, true, true]);
      await until(() => /Node 2: /.test(started.stderr), 5000);
      const nodes = [...started.stderr.matchAll(/^Node (\d): (\S+), process (\d+)$/gm)].map(([, number, url, pid]) => ({ number, url, pid: Number(pid) }));
      assert.deepEqual(nodes.map(({ number, pid }) => [number, pid]), [['1', processes.board.pid], ['2', processes.board2.pid]]);
      for (const url of [started.url, ...nodes.map((node) => node.url)]) assert.equal((await fetch(`${url}/health`)).status, 200);
      const commands = [processes.redis, processes.board].map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      assert.match(commands[0], /redis-server 127\.0\.0\.1:/);
      assert.doesNotMatch(commands.join(), /password/);

      signalProcess(processes.board.pid, 'SIGKILL');
      assert.ok(await until(() => /Node 1 has ended by itself \(ended by SIGKILL\); one node goes on\./.test(started.stderr), 5000), started.stderr);
      for (let i = 0; i < 4; i++) assert.equal((await fetch(`${started.url}/health`)).status, 200);
      signalProcess(processes.board2.pid, 'SIGKILL');
      assert.equal(await started.end(), 1);
      assert.match(started.stderr, /Node 2 has ended by itself \(ended by SIGKILL\); stopping the rest/);
      assert.ok(await allEnd(processes));
    });

    test('SIGINT and SIGKILL to npm stop everything, and the log is there at the next start, unless one server alone has run between', async () => {
      const started = await start(['--nodes', '2'], { viaNpm: true }).ready();
      const processes = processesOf(folder);
      const head = await saveAndReadHead(started.url);
      started.signal('SIGINT');
      assert.equal(await started.end(), 0);
      assert.ok(await allEnd(processes));

      const again = await start(['--nodes', '2'], { viaNpm: true }).ready();
      const others = processesOf(folder);
      assert.ok((await saveAndReadHead(again.url)) > head, 'goes on from where it was');
      again.signal('SIGKILL');
      assert.equal(await again.end(), 'SIGKILL');
      assert.ok(await allEnd(others));

      const alone = await start().ready();
      assert.ok(!existsSync(path.join(folder, 'redis')));
      alone.signal('SIGTERM');
      assert.equal(await alone.end(), 0);
    });

    test('a redis-server that is missing is named with how to get it, before anything is built', async () => {
      const started = start(['--nodes', '2'], { env: { LIVEHUB_TEST_REDIS_SERVER: '/nowhere/redis-server' } });
      assert.equal(await started.end(), 1);
      assert.match(started.stderr, /There is no redis-server.*\n.*Install it: /);
    });

    test('a number of nodes that is none is refused', async () => {
      for (const nodes of ['0', '9', 'two']) {
        const started = start(['--nodes', nodes]);
        assert.equal(await started.end(), 1);
        assert.match(started.stderr, new RegExp(`--nodes ${nodes}: not a number from 1 to 8`));
      }
    });
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
