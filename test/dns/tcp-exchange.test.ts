import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { askOverTcp } from '../../src/dns/tcp-exchange.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

const ID = 0x0102;
const question = { name: 'a.test', type: 'A' } as const;

const answer = encode({
  type: 'response',
  id: ID,
  questions: [{ ...question, class: 'IN' }],
  answers: [{ name: 'a.test', type: 'A', class: 'IN', ttl: 60, data: '192.0.2.1' }],
});

async function ask(bytes: Buffer, chunk = bytes.length) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    for (let start = 0; start < bytes.length; start += chunk)
      socket.write(bytes.subarray(start, start + chunk));
    socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const result = await askOverTcp(
    {
      network: createSystemNetwork(systemTimer),
      timer: systemTimer,
      randomness: { bytes: () => Uint8Array.of(ID >> 8, ID & 255) },
    },
    { address: '127.0.0.1', port },
    question,
    2000,
    new AbortController().signal,
  );
  server.close();
  return result;
}

function framed(message: Buffer, length = message.length): Buffer {
  return Buffer.concat([Buffer.of(length >> 8, length & 255), message]);
}

const read = { kind: 'response', response: { records: [{ value: '192.0.2.1' }] } };
const closed = { kind: 'network-error', reason: 'TCP: the server closed without an answer' };

test('an answer in pieces of one byte is put together', async () => {
  expect(await ask(framed(answer), 1)).toMatchObject(read);
});

test('other messages before the answer are ignored, and after it nothing is read', async () => {
  const other = Buffer.from(answer);
  other.writeUInt16BE(ID + 1, 0);
  other[other.length - 1] = 66;
  const before = [framed(Buffer.of()), framed(Buffer.of(1)), framed(other)];
  expect(await ask(Buffer.concat([...before, framed(answer), framed(answer), framed(other)]))).toMatchObject(
    read,
  );
});

test('a server that sends megabytes of something else is left after 16 messages', async () => {
  expect(await ask(Buffer.concat([Buffer.alloc(4 * 1024 * 1024), framed(answer)]))).toEqual({
    kind: 'malformed',
    reason: '16 messages over TCP, and none answers the question',
  });
  expect(await ask(Buffer.concat([Buffer.alloc(2 * 15), framed(answer)]))).toMatchObject(read);
});

test.each([
  ['is longer than what comes', framed(answer, answer.length + 1), closed],
  ['is the largest there is', framed(answer, 65_535), closed],
  ['is shorter than the answer', framed(answer, answer.length - 1), { kind: 'malformed' }],
  ['is shorter than the header', framed(answer, 11), { kind: 'malformed' }],
  ['is missing', answer, closed],
  ['is cut', Buffer.of(0), closed],
])('a length that %s ends the try at once', async (_what, bytes, expected) => {
  expect(await ask(bytes)).toMatchObject(expected);
});

test('an answer of 65,535 bytes is read', async () => {
  const records = [answer.subarray(0, 12 + 12)];
  const each = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
  const count = Math.floor((65_535 - 24) / each.length);
  const all = Buffer.concat([
    ...records,
    ...Array.from({ length: count }, () => each),
    Buffer.alloc(65_535),
  ]).subarray(0, 65_535);
  all.writeUInt16BE(count, 6);
  const result = await ask(framed(all), 1000);
  expect(result.kind === 'response' && result.response.records.length).toBe(count);
});
