// Clients that send their request byte by byte, one a second, and come back when they are closed: in a thread of their own, so
// that they do not delay what is measured. They come spread over time, 60 a second, so that what is measured is that they
// stand and are replaced, and not a burst of a thousand TLS handshakes.
import type { TLSSocket } from 'node:tls';
import { connect, createSecureContext } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';

export interface SlowClientsData {
  readonly port: number;
  readonly ca: string;
  readonly count: number;
}

export interface SlowClientsCount {
  readonly standing: number;
  /** How often the server has closed one. */
  readonly closed: number;
}

const { port, ca, count }: SlowClientsData = workerData;
const REQUEST = `GET /dir HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${'x'.repeat(4096)}`;
const SECOND_MS = 1000;
/** Bytes and new connections are spread over so many steps of a second. */
const STEPS = 20;
const OPENED_IN_A_STEP = 3;

const secureContext = createSecureContext({ ca });
const sent = new Map<TLSSocket, number>();
let opening = 0;
let closed = 0;

function open(): void {
  opening += 1;
  const socket = connect({ host: '127.0.0.1', port, secureContext, servername: 'localhost' });
  socket.on('error', () => undefined);
  socket.once('secureConnect', () => {
    opening -= 1;
    sent.set(socket, 0);
  });
  socket.resume().once('close', () => {
    if (sent.delete(socket)) closed += 1;
    else opening -= 1;
  });
}

function dripInto(socket: TLSSocket, at: number): void {
  socket.write(REQUEST.charAt(at % REQUEST.length));
  sent.set(socket, at + 1);
}

let step = 0;
setInterval(() => {
  step = (step + 1) % STEPS;
  for (const [index, [socket, at]] of [...sent].entries()) if (index % STEPS === step) dripInto(socket, at);
  for (let opened = 0; opened < OPENED_IN_A_STEP && opening + sent.size < count; opened += 1) open();
  parentPort?.postMessage({ standing: sent.size, closed } satisfies SlowClientsCount);
}, SECOND_MS / STEPS);
