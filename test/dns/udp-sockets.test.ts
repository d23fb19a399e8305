import { afterEach, expect, test } from 'vitest';
import { parseServerAddress } from '../../src/dns/server-address.ts';
import type { UdpListener } from '../../src/dns/udp-socket.ts';
import { UdpSocket } from '../../src/dns/udp-socket.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import type { DnsHandler } from '../support/dns-server.ts';
import { answerMessage, record, startDnsServer } from '../support/dns-server.ts';

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

const question = { name: 'a.test', type: 'A' } as const;

async function start(handler: DnsHandler) {
  const dns = await startDnsServer(handler);
  const server = parseServerAddress(dns.server);
  if (server === undefined) throw new Error(`${dns.server} is no server address`);
  const socket = new UdpSocket(server, systemRandomness);
  clean.push(
    () => socket.close('the test is over'),
    () => dns.stop(),
  );
  const ask = () =>
    new Promise<Parameters<UdpListener>[0]>((resolve) => {
      socket.send(question, resolve);
    });
  return { dns, socket, ask };
}

test.each<[string, DnsHandler, string]>([
  ['answered', (query) => ({ answers: [record(query.name, 'A', '192.0.2.1')] }), 'response'],
  ['answered with damage', (query) => ({ raw: answerMessage(query, {}).subarray(0, 20) }), 'malformed'],
  ['answered in part', () => ({ truncate: true }), 'response'],
])('a query that is %s waits no longer', async (_what, handler, kind) => {
  const { socket, ask } = await start(handler);
  const answers = Array.from({ length: 50 }, ask);
  expect(socket.waiting).toBe(50);
  for (const answer of await Promise.all(answers)) expect(answer.kind).toBe(kind);
  expect(socket.waiting).toBe(0);
});

test('a query that is forgotten waits no longer, and its late answer reaches nobody', async () => {
  let release: () => void = () => undefined;
  const { dns, socket, ask } = await start(async () => {
    if (dns.queries.length === 1) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    return { answers: [record('a.test', 'A', '192.0.2.1')] };
  });
  let heard = 0;
  const forget = socket.send(question, () => {
    heard += 1;
  });
  await dns.received(1);
  forget();
  forget();
  expect(socket.waiting).toBe(0);
  release();
  expect(await ask()).toMatchObject({ kind: 'response' });
  expect([heard, socket.waiting]).toEqual([0, 0]);
});

test('all that wait hear of a socket that is closed, and it takes no more', async () => {
  const { dns, socket, ask } = await start(() => ({ delay: 'never' }));
  const answers = [ask(), ask()];
  await dns.received(2);
  socket.close('because');
  expect(await Promise.all(answers)).toEqual([
    { kind: 'network-error', reason: 'because' },
    { kind: 'network-error', reason: 'because' },
  ]);
  expect([socket.waiting, socket.usable]).toEqual([0, false]);
});

test('a retired socket closes with its last answer', async () => {
  const { socket, ask } = await start(() => ({ answers: [record('a.test', 'A', '192.0.2.1')] }));
  const answer = ask();
  socket.retire();
  expect(socket.usable).toBe(false);
  expect(await answer).toMatchObject({ kind: 'response' });
  expect(socket.waiting).toBe(0);
});
