import { randomInt } from 'node:crypto';
import net from 'node:net';

/** Below the range from which systems take ports for outgoing connections, so that a server can come back on its port. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

/** Whether nothing listens on this TCP port of 127.0.0.1, and we may. */
export function isPortFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** A free TCP port of 127.0.0.1. Somebody may take it before it is used: whoever listens on it tries again with another. */
export async function freePort() {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isPortFree(port)) return port;
  }
}

/** Different free ports, with the same caution. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/**
 * Whether a server accepts connections.
 * @param {net.NetConnectOpts} target host and port, or the path of a Unix socket
 * @param {number} limitMs
 * @returns {Promise<string | undefined>} undefined when it does, else why not
 */
export function whyUnreachable(target, limitMs = 5000) {
  return new Promise((resolve) => {
    const socket = net.connect({ ...target, timeout: limitMs });
    const settle = (reason) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => settle(undefined));
    socket.once('timeout', () => settle(`no answer within ${limitMs / 1000} s`));
    socket.once('error', (error) => settle(error.code ?? error.message));
  });
}
