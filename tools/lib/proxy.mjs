import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { pipeline } from 'node:stream';

/** A node is asked so often whether it still answers, and given so long to. */
const CHECK_EVERY_MS = 1000;
const PATIENCE_MS = 10_000;
const CHECK_PATH = '/health';
/** Negotiated connections whose node is remembered; beyond it the one that was used longest ago is forgotten. */
const MAX_REMEMBERED = 10_000;
/** What holds for one line only, not for the whole way. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'upgrade'];

/**
 * Starts a reverse proxy on 127.0.0.1 in front of nodes: HTTP and WebSockets, in turn. What SignalR has negotiated stays with the node
 * that knows it. Who cannot be reached, or does not answer, is left out, and whatever is open there is closed, until it answers again.
 * For the sample and for tests.
 * @param {{ nodes: number[], port?: number, checkEveryMs?: number, patienceMs?: number, onWebSocket?: (url: string, port: number) => void }} options ports of the nodes on 127.0.0.1; the
 *   proxy's own; who hears to which node a WebSocket was led
 * @returns {Promise<Proxy>}
 */
export async function startProxy(options) {
  const proxy = new Proxy(options);
  await proxy.listen(options.port ?? 0);
  return proxy;
}

class Proxy {
  #nodes;
  #server = http.createServer((request, response) => void this.#serve(request, response));
  /** Connections' tokens, and the nodes that gave them. */
  #negotiated = new Map();
  #turns = { connections: 0, requests: 0 };
  #checks;
  #patienceMs;
  #onWebSocket;

  constructor({ nodes, checkEveryMs = CHECK_EVERY_MS, patienceMs = PATIENCE_MS, onWebSocket }) {
    this.#onWebSocket = onWebSocket;
    this.#nodes = nodes.map((port) => ({ port, isUp: true, isAsked: false, sockets: new Set() }));
    this.#patienceMs = patienceMs;
    this.#server.on('upgrade', (request, near, head) => void this.#upgrade(request, near, head));
    this.#checks = setInterval(() => this.#nodes.forEach((node) => void this.#check(node)), checkEveryMs);
    this.#checks.unref();
  }

  async listen(port) {
    try {
      this.#server.listen(port, '127.0.0.1');
      await once(this.#server, 'listening');
    } catch (error) {
      clearInterval(this.#checks);
      throw error;
    }
  }

  get port() {
    return this.#server.address().port;
  }

  /** How many requests and WebSockets are open at each node. */
  get open() {
    return this.#nodes.map(({ sockets }) => sockets.size);
  }

  /** Which nodes get what is new. */
  get up() {
    return this.#nodes.map(({ isUp }) => isUp);
  }

  /** Ends whatever is open. */
  async close() {
    clearInterval(this.#checks);
    if (!this.#server.listening) return;
    this.#server.close();
    for (const { sockets } of this.#nodes) for (const socket of sockets) socket.destroy();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request, response) {
    request.on('error', () => {}); // the response closes, too
    response.on('error', () => {});
    const isNegotiation = request.method === 'POST' && pathOf(request).endsWith('/negotiate');
    const line = await this.#reach(request, isNegotiation);
    if (!line) return refuse(response, 503, 'No node answers.');
    const headers = forwarded(request.headers);
    if (isNegotiation) delete headers['accept-encoding']; // its answer is read here
    const out = http.request({ createConnection: () => line.socket, method: request.method, path: request.url, headers, setHost: false });
    response.on('close', () => line.socket.destroy());
    out.on('error', () => refuse(response, 502, 'The node ended the connection.'));
    out.on('response', (answer) => {
      answer.on('error', () => {}); // pipeline ends the response
      response.writeHead(answer.statusCode, answer.statusMessage, forwarded(answer.headers));
      response.flushHeaders();
      if (isNegotiation) this.#remember(answer, line.node);
      pipeline(answer, response, () => {});
    });
    request.pipe(out);
  }

  async #upgrade(request, near, head) {
    near.on('error', () => {}); // it closes, too
    const line = await this.#reach(request, true);
    if (!line) return near.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    const far = line.socket;
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    if (near.destroyed) return far.destroy();
    this.#onWebSocket?.(request.url, line.node.port);
    const headers = Array.from({ length: request.rawHeaders.length / 2 }, (_, i) => `${request.rawHeaders[2 * i]}: ${request.rawHeaders[2 * i + 1]}\r\n`);
    far.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join('')}\r\n`, 'latin1');
    far.write(head);
    near.pipe(far).pipe(near);
  }

  /** A line to the node of the connection that the request belongs to, else to the next one. None, where no node can be reached. */
  async #reach(request, isConnection) {
    const id = new URLSearchParams(request.url.split('?', 2)[1]).get('id');
    const known = id === null ? undefined : this.#use(id);
    const socket = known && (await this.#open(known));
    if (socket) return { node: known, socket };
    for (const node of this.#inTurn(isConnection ? 'connections' : 'requests')) {
      const socket = await this.#open(node);
      if (socket) return { node, socket };
    }
    return undefined;
  }

  async #open(node) {
    const socket = await connect(node.port);
    if (!socket) {
      this.#leave(node);
      return undefined;
    }
    node.sockets.add(socket);
    return socket.on('close', () => node.sockets.delete(socket));
  }

  /** Those that are up, another first each time; then the others, which may be up again. */
  #inTurn(kind) {
    const up = this.#nodes.filter(({ isUp }) => isUp);
    const first = up.length && this.#turns[kind]++ % up.length;
    return [...up.slice(first), ...up.slice(0, first), ...this.#nodes.filter(({ isUp }) => !isUp)];
  }

  /** What a negotiation answers names the connection in all that follows. */
  #remember(answer, node) {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('end', () => {
      try {
        const { connectionToken, connectionId } = JSON.parse(text);
        this.#negotiated.set(connectionToken ?? connectionId, node);
      } catch {
        return; // a refusal
      }
      if (this.#negotiated.size > MAX_REMEMBERED) this.#negotiated.delete(this.#negotiated.keys().next().value);
    });
  }

  #use(id) {
    const node = this.#negotiated.get(id);
    this.#negotiated.delete(id);
    if (!node?.isUp) return undefined;
    this.#negotiated.set(id, node); // the one that was used last
    return node;
  }

  #leave(node) {
    node.isUp = false;
    for (const socket of node.sockets) socket.destroy();
  }

  async #check(node) {
    if (node.isAsked) return;
    node.isAsked = true;
    if (await answers(node.port, this.#patienceMs)) node.isUp = true;
    else this.#leave(node);
    node.isAsked = false;
  }
}

const pathOf = (request) => request.url.split('?', 1)[0];

const forwarded = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));

function refuse(response, status, text) {
  if (response.headersSent) return response.destroy();
  return response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}

function connect(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => resolve(undefined)); // later ones are followed by close
    socket.once('connect', () => resolve(socket));
  });
}

/** Whatever it says: who says something lives. */
function answers(port, patienceMs) {
  return new Promise((resolve) => {
    const request = http.get({ port, host: '127.0.0.1', path: CHECK_PATH, agent: false, signal: AbortSignal.timeout(patienceMs) }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on('error', () => resolve(false));
  });
}
