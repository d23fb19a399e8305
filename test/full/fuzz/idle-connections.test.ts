import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { beforeAll, expect, test } from 'vitest';
import { issueNormally } from '../../fuzz/fuzz-world.ts';
import type { SpawnedTarget } from './spawned-target.ts';
import { spawnedTarget } from './spawned-target.ts';

const EACH = 1_000;
/** Of the built program with all of these connections open. */
const MOST_MB = 260;
/** 20 s for a handshake or a header, and 5 s until the next look. */
const DEADLINE_MS = 35_000;

let target: SpawnedTarget;

beforeAll(async () => {
  target = await spawnedTarget();
  await issueNormally(target);
});

test('thousands of connections that do nothing are cut by their deadlines, and others are served meanwhile', async () => {
  const before = await target.residentMb();
  const silent = await openAll(EACH, openTcp);
  const shaken = await openAll(EACH, openTls);
  const slow = await openAll(EACH, openTls);
  for (const { socket } of slow) socket.write('GET /dir HTTP/1.1\r\nHost: localhost\r\n');
  const drip = setInterval(() => {
    for (const { socket } of slow) if (socket.writable) socket.write('X');
  }, 1_000);
  const started = performance.now();
  await issueNormally(target);
  const issued = performance.now() - started;
  const during = await target.residentMb();
  console.info(
    `${3 * EACH} idle connections: ${before.toFixed(0)} MB before, ${during.toFixed(0)} MB with them, ` +
      `an issuance took ${issued.toFixed(0)} ms`,
  );
  expect(during).toBeLessThan(MOST_MB);
  const all = [...silent, ...shaken, ...slow];
  const late = setTimeout(() => {
    for (const { socket } of all) socket.destroy(new Error('not closed in time'));
  }, DEADLINE_MS);
  const ends = await Promise.all(all.map(({ closed }) => closed));
  clearInterval(drip);
  clearTimeout(late);
  expect(ends.filter((end) => end === 'not closed in time')).toEqual([]);
  await issueNormally(target);
  expect(target.complaints()).toEqual([]);
});

test('an endless body is cut soon after it was refused, and costs no memory', async () => {
  const before = await target.residentMb();
  const { socket, closed } = await openTls();
  socket.write(
    'POST /acme/new-order HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jose+json\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const pour = (): void => {
    while (socket.writable && socket.write(piece));
  };
  socket.on('drain', pour);
  pour();
  const started = performance.now();
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  await closed;
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(await target.residentMb()).toBeLessThan(before + 60);
});

interface Opened {
  readonly socket: Socket;
  /** How it ended. */
  readonly closed: Promise<string>;
}

/** In hundreds, so that the queue of the listening socket is not what is tested. */
async function openAll(count: number, open: () => Promise<Opened>): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  while (opened.length < count) opened.push(...(await Promise.all(Array.from({ length: 100 }, open))));
  return opened;
}

async function openTcp(): Promise<Opened> {
  return watched(connect(target.port, '127.0.0.1'), 'connect');
}

async function openTls(): Promise<Opened> {
  return watched(connectTls({ port: target.port, host: '127.0.0.1', ca: target.ca }), 'secureConnect');
}

async function watched(socket: Socket, ready: string): Promise<Opened> {
  let end = 'closed';
  socket.on('error', (error) => {
    end = error.message;
  });
  socket.resume();
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(end)));
  await once(socket, ready);
  return { socket, closed };
}
