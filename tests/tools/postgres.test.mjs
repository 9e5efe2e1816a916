import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { parseConnectionString } from '../../tools/lib/connection-string.mjs';
import { inRoot } from '../../tools/lib/paths.mjs';
import { whyUnreachable } from '../../tools/lib/ports.mjs';
import { systemFolder } from '../../tools/lib/postgres/binaries.mjs';
import { startCluster } from '../../tools/lib/postgres/cluster.mjs';
import { startThrowaway } from '../../tools/lib/postgres/throwaway.mjs';
import { ended, identityOf, signalProcess, stillRuns, until } from '../../tools/lib/processes.mjs';
import { Shutdown } from '../../tools/lib/shutdown.mjs';
import { makeTempFolder } from '../../tools/lib/temp.mjs';

const { default: pg } = await import('pg');

async function query(server, sql) {
  const client = new pg.Client({ ...server, database: 'postgres' });
  client.on('error', () => {}); // the query rejects as well
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a throwaway PostgreSQL', () => {
  test('is version 18 with logical replication, password authentication and no trace afterwards', async () => {
    const cluster = await startThrowaway();
    const [settings] = await query(cluster.server, `select current_setting('server_version') as version, current_setting('wal_level') as wal,
      current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets, current_setting('data_directory') as folder`);
    assert.match(settings.version, /^18\./);
    assert.deepEqual({ ...settings, version: 0, folder: 0 }, { version: 0, wal: 'logical', addresses: '127.0.0.1', sockets: '', folder: 0 });
    await assert.rejects(query({ ...cluster.server, password: 'wrong' }, 'select 1'), /password authentication failed/);
    await cluster.stop();
    assert.ok(!existsSync(settings.folder));
    assert.ok(await whyUnreachable(cluster.server));
  });

  test('writes with fsync only when asked to', async () => {
    for (const durable of [true, false]) {
      const cluster = await startThrowaway({ durable });
      const [{ fsync }] = await query(cluster.server, `select current_setting('fsync') as fsync`);
      await cluster.stop();
      assert.equal(fsync, durable ? 'on' : 'off');
    }
  });

  test('of the oldest version runs too, from the system\'s programs, and says what to do without them', async () => {
    if (systemFolder('15')) {
      const cluster = await startThrowaway({ version: '15' });
      const [{ version }] = await query(cluster.server, `select current_setting('server_version') as version`);
      await cluster.stop();
      assert.match(version, /^15\./);
    }
    await assert.rejects(startThrowaway({ version: '9' }), { message: /no PostgreSQL 9/, remedy: /apt-get install .*postgresql-9/ });
  });

  test('two run side by side', async () => {
    const clusters = await Promise.all([startThrowaway(), startThrowaway()]);
    for (const { server } of clusters) assert.equal((await query(server, 'select 1 as one'))[0].one, 1);
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  });

  test('ends with a shutdown that begins while it starts', async () => {
    const shutdown = new Shutdown();
    const starting = startThrowaway({ shutdown });
    await new Promise((resolve) => setTimeout(resolve, 250));
    await shutdown.run();
    await assert.rejects(starting);
  });

  test('of a killed tool ends too, and the next one removes its data', async () => {
    const script = `import { startThrowaway } from ${JSON.stringify(inRoot('tools/lib/postgres/throwaway.mjs'))};
      const { child, server } = await startThrowaway(); console.log(JSON.stringify({ pid: child.pid, server }));`;
    const tool = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: inRoot(), stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(tool.stdout, 'data');
    const { pid, server } = JSON.parse(line);
    const postmaster = identityOf(pid);
    const [{ folder }] = await query(server, `select current_setting('data_directory') as folder`);
    tool.kill('SIGKILL');
    await ended(tool);
    const next = await startThrowaway();
    await next.stop();
    assert.ok(!stillRuns(postmaster));
    assert.ok(!existsSync(path.dirname(folder)));
  });

  test('--hold prints a connection string on one line and ends with its stdin', async () => {
    const tool = spawn(process.execPath, [inRoot('tools/postgres.mjs'), '--hold'], { cwd: os.tmpdir(), stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    tool.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    await until(() => output.endsWith('\n'), 20_000);
    const server = parseConnectionString(output.trim());
    assert.equal((await query(server, 'select 1 as one'))[0].one, 1);
    tool.stdin.end();
    await ended(tool);
    assert.equal(tool.exitCode, 0);
    assert.equal(output.trim().split('\n').length, 1);
    assert.ok(await whyUnreachable(server));
  });
});

describe('a PostgreSQL that keeps its data', () => {
  let folder;
  let shutdown;
  const start = () => startCluster(folder, { durable: true, shutdown });
  const pidFile = () => path.join(folder, 'postgres', 'postmaster.pid');

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'postgres-test-'));
    chmodSync(folder, 0o711);
    shutdown = new Shutdown();
  });

  after(async () => {
    await shutdown.run();
    rmSync(folder, { recursive: true, force: true });
  });

  test('keeps data and password, the password readable by nobody else', async () => {
    const first = await start();
    await query(first.server, 'create table kept (id int); insert into kept values (7)');
    await first.stop();
    const second = await start();
    assert.deepEqual(await query(second.server, 'select id from kept'), [{ id: 7 }]);
    assert.equal(second.server.password, first.server.password);
    assert.equal(statSync(path.join(folder, 'postgres', 'livehub-password')).mode & 0o777, 0o600);
    await second.stop();
  });

  test('recovers after SIGKILL of the postmaster, though a backend is busy', async () => {
    const first = await start();
    const busy = query(first.server, `do $$ begin loop perform 1; end loop; end $$`).catch(() => {});
    await query(first.server, 'insert into kept values (8)');
    signalProcess(first.child.pid, 'SIGKILL');
    const second = await start();
    assert.equal((await query(second.server, 'select id from kept')).length, 2);
    await busy;
    await second.stop();
  });

  test('ends an orphan that still runs on the data', async () => {
    const first = await start();
    const orphan = identityOf(first.child.pid);
    const second = await start();
    assert.ok(!stillRuns(orphan));
    await query(second.server, 'select 1');
    await second.stop();
  });

  test('takes no notice of a postmaster.pid whose number is another program now, and leaves that alone', async () => {
    const stranger = spawn('sleep', ['60']);
    await once(stranger, 'spawn');
    const first = await start();
    const lines = readFileSync(pidFile(), 'utf8').split('\n');
    await first.stop();
    writeFileSync(pidFile(), [stranger.pid, ...lines.slice(1)].join('\n'));
    const second = await start();
    await query(second.server, 'select 1');
    await second.stop();
    assert.equal(stranger.exitCode, null);
    stranger.kill();
  });

  test('begins anew when making the data was cut short', async () => {
    const other = makeTempFolder();
    writeFileSync(path.join(other, 'postgres.new'), 'half');
    const cluster = await startCluster(other, { durable: false, shutdown });
    await query(cluster.server, 'select 1');
    await cluster.stop();
    rmSync(other, { recursive: true });
  });
});
