// Targets of validations that answer without end: a head that grows by a byte ten times a second. In a thread of their own, so
// that they do not delay what is measured.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface SlowDripsData {
  readonly addresses: readonly string[];
  readonly port: number;
}

const { addresses, port }: SlowDripsData = workerData;
const DRIP_MS = 100;

const standing = new Set<Socket>();
const server = (socket: Socket): void => {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nX-Drip: ');
    standing.add(socket);
  });
  socket.resume().once('close', () => standing.delete(socket));
};
for (const host of addresses) await once(createServer(server).listen({ host, port }), 'listening');
setInterval(() => {
  for (const socket of standing) socket.write('x');
  parentPort?.postMessage(standing.size);
}, DRIP_MS);
