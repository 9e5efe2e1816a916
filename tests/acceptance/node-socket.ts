import { createRequire } from 'node:module';
import type { SocketConstructor } from './wire.ts';

const clientRequire = createRequire(createRequire(import.meta.url).resolve('@livehub/client'));

/** The WebSocket that SignalR takes in Node, from the packages of the client under test. */
export const nodeWebSocket = createRequire(clientRequire.resolve('@microsoft/signalr'))('ws') as SocketConstructor;
