import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, test } from 'node:test';
import WebSocket from 'ws';
import { until } from '../../tools/lib/processes.mjs';
import { startProxy } from '../../tools/lib/proxy.mjs';

const LIMIT_MS = 10_000;

/** A server that says who it is, and does what SignalR's servers do: negotiates, and knows only connections of its own. */
class Node {
  static async start(name, port = 0) {
    const node = new Node();
    node.name = name;
    node.sockets = new Set();
    node.held = [];
    node.known = new Set();
    node.server = http.createServer((request, response) => void node.#answer(request, response));
    node.server.on('connection', (socket) => {
      node.sockets.add(socket);
      socket.on('close', () => node.sockets.delete(socket));
    });
    node.wss = new WebSocket.Server({ noServer: true });
    node.server.on('upgrade', (request, socket, head) => {
      if (!node.#knows(request)) return socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      node.wss.handleUpgrade(request, socket, head, (ws) => ws.on('message', (text) => ws.send(`${name} ${text}`)));
    });
    node.server.listen(port, '127.0.0.1');
    await once(node.server, 'listening');
    node.port = node.server.address().port;
    return node;
  }

  /** As a process that is killed. */
  async kill() {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** It takes connections, and says nothing any more, as a process that is stopped. */
  hang() {
    this.isHung = true;
  }

  async #answer(request, response) {
    if (this.isHung) return;
    const { pathname } = new URL(request.url, 'http://x');
    if (pathname.endsWith('/negotiate')) {
      const connectionToken = `${this.name}-${this.known.size}`;
      this.known.add(connectionToken);
      return response.setHeader('content-type', 'application/json').end(JSON.stringify({ connectionId: 'x', connectionToken, negotiateVersion: 1 }));
    }
    if (!this.#knows(request)) return response.writeHead(404).end();
    if (pathname === '/hold' || pathname === '/wait') {
      if (pathname === '/hold') response.write(`${this.name} `);
      return this.held.push(response);
    }
    const chunks = await request.toArray();
    response.writeHead(request.method === 'PUT' ? 201 : 200, { 'x-node': this.name, 'set-cookie': ['a=1', 'b=2'] });
    response.end(pathname === '/echo' ? Buffer.concat(chunks) : JSON.stringify({ node: this.name, url: request.url, headers: request.headers }));
  }

  #knows(request) {
    const id = new URL(request.url, 'http://x').searchParams.get('id');
    return id === null || this.known.has(id);
  }
}

describe('the proxy in front of nodes', () => {
  const open = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function start(names = ['one', 'two'], options = {}) {
    const nodes = [];
    for (const name of names) nodes.push(await Node.start(name));
    for (const node of nodes) open.push(() => node.server.listening && node.kill());
    const proxy = await startProxy({ nodes: nodes.map(({ port }) => port), checkEveryMs: 20, ...options });
    open.push(() => proxy.close());
    return { nodes, proxy, url: `http://127.0.0.1:${proxy.port}` };
  }

  const who = async (url) => (await (await fetch(url)).json()).node;
  const negotiate = async (url) => (await (await fetch(`${url}/live/negotiate?negotiateVersion=1`, { method: 'POST' })).json()).connectionToken;
  const eventually = async (condition) => assert.ok(await until(condition, LIMIT_MS, 10), `never: ${condition}`);

  function socketTo(url) {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.on('error', () => {});
    open.push(() => socket.terminate());
    return socket;
  }
  async function talk(socket, text) {
    socket.send(text);
    return String((await once(socket, 'message', { signal: AbortSignal.timeout(LIMIT_MS) }))[0]);
  }
  const closed = (socket) => eventually(() => socket.readyState === WebSocket.CLOSED);

  test('requests go to the nodes in turn, whole: path, query, headers, bodies, status, cookies', async () => {
    const { url } = await start(['one', 'two', 'three']);
    assert.deepEqual([await who(url), await who(url), await who(url), await who(url)], ['one', 'two', 'three', 'one']);
    const asked = await (await fetch(`${url}/a/b?c=%20d&e`, { headers: { 'x-mine': 'yes' } })).json();
    assert.deepEqual([asked.url, asked.headers['x-mine'], asked.headers.host], ['/a/b?c=%20d&e', 'yes', url.slice(7)]);
    const body = Buffer.alloc(3_000_000, 'äb');
    const echoed = await fetch(`${url}/echo`, { method: 'PUT', body });
    assert.deepEqual([echoed.status, echoed.headers.getSetCookie()], [201, ['a=1', 'b=2']]);
    assert.ok(body.equals(Buffer.from(await echoed.arrayBuffer())));
    const chunked = await fetch(`${url}/echo`, { method: 'DELETE', body: new Blob(['in ', 'parts']).stream(), duplex: 'half' });
    assert.equal(await chunked.text(), 'in parts');
  });

  test('what was negotiated stays with its node, and negotiations go to the nodes in turn, whatever comes between', async () => {
    const { url } = await start();
    const tokens = [];
    for (let i = 0; i < 4; i++) {
      tokens.push(await negotiate(url));
      for (const token of tokens) assert.equal(await who(`${url}/live?id=${token}`), token.split('-')[0]);
      await who(url);
    }
    assert.deepEqual(tokens, ['one-0', 'two-0', 'one-1', 'two-1']);
    for (const token of [...tokens, ...tokens]) assert.equal(await who(`${url}/live?id=${token}`), token.split('-')[0]);
    for (const token of tokens) {
      const socket = socketTo(`${url}/live?id=${token}`);
      await once(socket, 'open');
      assert.equal(await talk(socket, 'hello'), `${token.split('-')[0]} hello`);
    }
  });

  test('an answer that goes on is passed on as it comes, and ended at the node when the client leaves', async () => {
    const { url, nodes, proxy } = await start(['one']);
    const leave = new AbortController();
    const answer = await fetch(`${url}/hold`, { signal: leave.signal });
    const reader = answer.body.getReader();
    assert.equal(Buffer.from((await reader.read()).value).toString(), 'one ');
    nodes[0].held[0].write('more');
    assert.equal(Buffer.from((await reader.read()).value).toString(), 'more');
    assert.deepEqual(proxy.open, [1]);
    const waiting = assert.rejects(fetch(`${url}/wait`, { signal: leave.signal }));
    await eventually(() => nodes[0].held.length === 2);
    leave.abort();
    await waiting;
    await eventually(() => nodes[0].held.every(({ destroyed }) => destroyed));
    await eventually(() => proxy.open[0] === 0);
  });

  test('WebSockets without negotiation go to the nodes in turn; a refusal comes through', async () => {
    const { url } = await start();
    const sockets = [socketTo(`${url}/live`), socketTo(`${url}/live`)];
    for (const socket of sockets) await once(socket, 'open');
    assert.deepEqual(await Promise.all(sockets.map((socket) => talk(socket, 'x'))), ['one x', 'two x']);
    const [, refusal] = await once(socketTo(`${url}/live?id=nobody`), 'unexpected-response');
    assert.equal(refusal.statusCode, 404);
  });

  test('whoever asked for it hears to which node a WebSocket was led', async () => {
    const led = [];
    const { nodes, url } = await start(['one', 'two'], { onWebSocket: (...where) => led.push(where) });
    for (const reader of [1, 2]) await once(socketTo(`${url}/live?reader=${reader}`), 'open');
    assert.deepEqual(led, nodes.map(({ port }, i) => [`/live?reader=${i + 1}`, port]));
  });

  test('a node that is killed is left out, its connections close, those of the others stay, and it is there again when it is back', async () => {
    const { url, nodes, proxy } = await start();
    const token = await negotiate(url);
    const sockets = [socketTo(`${url}/live?id=${token}`), socketTo(`${url}/live`)];
    for (const socket of sockets) await once(socket, 'open');
    const held = await fetch(`${url}/hold?id=${token}`);
    await nodes[0].kill();
    await closed(sockets[0]);
    await assert.rejects(held.text());
    for (let i = 0; i < 4; i++) assert.equal(await who(url), 'two');
    assert.equal(await negotiate(url), 'two-0');
    assert.equal((await fetch(`${url}/live?id=${token}`)).status, 404, 'the other node does not know it');
    assert.equal(await talk(sockets[1], 'still'), 'two still');
    assert.deepEqual(proxy.up, [false, true]);

    const back = await Node.start('one', nodes[0].port);
    open.push(() => back.kill());
    await eventually(() => proxy.up[0]);
    assert.deepEqual(new Set([await who(url), await who(url)]), new Set(['one', 'two']));
  });

  test('a node that hangs is left out too, and its connections are closed', async () => {
    const { url, nodes, proxy } = await start(['one', 'two'], { patienceMs: 300 });
    const sockets = [socketTo(`${url}/live`), socketTo(`${url}/live`)];
    for (const socket of sockets) await once(socket, 'open');
    nodes[0].hang();
    await closed(sockets[0]);
    assert.deepEqual(proxy.up, [false, true]);
    for (let i = 0; i < 4; i++) assert.equal(await who(url), 'two');
    assert.equal(await talk(sockets[1], 'still'), 'two still');
  });

  test('without any node it says so, and goes on when one is there', async () => {
    const { url, nodes } = await start(['one']);
    await nodes[0].kill();
    const answer = await fetch(url);
    assert.deepEqual([answer.status, await answer.text()], [503, 'No node answers.']);
    const [, refusal] = await once(socketTo(`${url}/live`), 'unexpected-response');
    assert.equal(refusal.statusCode, 503);
    const back = await Node.start('one', nodes[0].port);
    open.push(() => back.kill());
    assert.equal(await who(url), 'one');
  });

  test('a node that ends a request in the middle is a 502, and the next request goes through', async () => {
    const { url, nodes } = await start(['one']);
    const raw = net.createServer((socket) => socket.once('data', () => socket.destroy()));
    await nodes[0].kill();
    raw.listen(nodes[0].port, '127.0.0.1');
    await once(raw, 'listening');
    assert.equal((await fetch(url)).status, 502);
    raw.close();
    await once(raw, 'close');
    const back = await Node.start('one', nodes[0].port);
    open.push(() => back.kill());
    await eventually(async () => (await fetch(url)).status === 200);
  });

  test('closing it ends whatever is open', async () => {
    const { url, nodes, proxy } = await start(['one']);
    const socket = socketTo(`${url}/live`);
    await once(socket, 'open');
    const held = await fetch(`${url}/hold`);
    await proxy.close();
    await closed(socket);
    await assert.rejects(held.text());
    await assert.rejects(fetch(url));
    await eventually(() => nodes[0].sockets.size === 0);
  });
});
