import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import type { Timer } from '../../src/runtime/timer.ts';
import type { DnsHandler } from '../support/dns-server.ts';
import { answerFrom, record, startDnsServer } from '../support/dns-server.ts';
import { resolverFor } from './resolver-for.ts';

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

async function start(handler: DnsHandler) {
  const dns = await startDnsServer(handler);
  clean.push(() => dns.stop());
  return dns;
}

function resolverOf(servers: readonly string[], timer?: Timer, timeoutMs = 2000) {
  const resolver = resolverFor({ servers, timeoutMs }, timer === undefined ? {} : { timer });
  clean.push(() => resolver.close());
  return resolver;
}

/** Time passes only when the test lets it: `pass` goes to the next due action and runs it. */
function manualTimer() {
  let now = 0;
  const due = new Map<() => void, number>();
  const timer: Timer = {
    now: () => now,
    after: (milliseconds, action) => {
      due.set(action, now + milliseconds);
      return () => due.delete(action);
    },
  };
  const pass = () => {
    const [next] = [...due].sort(([, left], [, right]) => left - right);
    if (next === undefined) throw new Error('nothing is waiting');
    now = next[1];
    due.delete(next[0]);
    next[0]();
  };
  return { timer, pass, waiting: () => due.size };
}

/** A UDP port that nobody listens on: the kernel answers with ICMP, which a connected socket hears. */
async function closedPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const silent: DnsHandler = () => ({ delay: 'never' });
const good = answerFrom({ 'a.test': { A: ['192.0.2.1'] } });

test('three tries go over the servers in turn, each waits its time, and the outcome is a timeout', async () => {
  const [first, second] = [await start(silent), await start(silent)];
  const { timer, pass, waiting } = manualTimer();
  const lookup = resolverOf([first.server, second.server], timer).lookup('a.test', 'A');
  await first.received(1);
  pass();
  await second.received(1);
  pass();
  await first.received(2);
  pass();
  expect(await lookup).toEqual({
    name: 'a.test',
    type: 'A',
    source: { kind: 'server', server: first.server },
    outcome: 'timeout',
    cnames: [],
    values: [],
    tries: 3,
    durationMs: 6000,
    detail: [first, second, first].map((dns) => `${dns.server}: no answer within 2000 ms`).join('; '),
  });
  expect([first.queries.length, second.queries.length]).toEqual([2, 1]);
  expect(waiting()).toBe(0);
});

test('the next server answers where the first is silent', async () => {
  const [first, second] = [await start(silent), await start(good)];
  const { timer, pass } = manualTimer();
  const lookup = resolverOf([first.server, second.server], timer).lookup('a.test', 'A');
  await first.received(1);
  pass();
  expect(await lookup).toMatchObject({
    outcome: 'answered',
    values: ['192.0.2.1'],
    source: { server: second.server },
    tries: 2,
  });
});

test('the next server is not asked where the first answers an error', async () => {
  const [first, second] = [await start(() => ({ rcode: 2 })), await start(good)];
  const resolver = resolverOf([first.server, second.server]);
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'servfail', tries: 1 });
  expect(second.queries).toHaveLength(0);
});

test('further questions of a CNAME go to the server that answered', async () => {
  const first = await start(silent);
  const second = await start((query) => ({
    answers: [
      query.name === 'a.test' ? record('a.test', 'CNAME', 'b.test') : record('b.test', 'A', '192.0.2.1'),
    ],
  }));
  const { timer, pass } = manualTimer();
  const lookup = resolverOf([first.server, second.server], timer).lookup('a.test', 'A');
  await first.received(1);
  pass();
  expect(await lookup).toMatchObject({ outcome: 'answered', cnames: ['b.test'], tries: 3 });
  expect(first.queries).toHaveLength(1);
});

test('eight seconds are the limit for all tries and CNAMEs together', async () => {
  const dns = await start((query) =>
    query.name === 'a.test' && dns.queries.length === 3
      ? { answers: [record('a.test', 'CNAME', 'b.test')] }
      : { delay: 'never' },
  );
  const { timer, pass } = manualTimer();
  const lookup = resolverOf([dns.server], timer, 3500).lookup('a.test', 'A');
  await dns.received(1);
  pass();
  await dns.received(2);
  pass();
  // The third answers with a CNAME; what is left for its target is one second, and one try.
  await dns.received(4);
  pass();
  expect(await lookup).toMatchObject({
    outcome: 'timeout',
    cnames: ['b.test'],
    tries: 4,
    durationMs: 8000,
    detail: `${dns.server}: no answer within 1000 ms`,
  });
  expect(dns.queries).toHaveLength(4);
});

test('a server that cannot be reached is a network error, and the next one is asked', async () => {
  const closed = `127.0.0.1:${await closedPort()}`;
  expect(await resolverOf([closed]).lookup('a.test', 'A')).toMatchObject({
    outcome: 'network-error',
    source: { kind: 'server', server: closed },
    tries: 3,
    detail: expect.stringMatching(/^(127\.0\.0\.1:\d+: .*ECONNREFUSED.*(; )?){3}$/),
  });
  const dns = await start(good);
  const resolver = resolverOf([closed, dns.server]);
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'answered', tries: 2 });
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'answered', tries: 2 });
});

test('a server without TCP is a network error where the answer was truncated', async () => {
  const socket = createSocket('udp4');
  socket.on('message', (message, remote) => {
    const truncated = Buffer.from(message);
    truncated.writeUInt16BE(0x8300, 2);
    socket.send(truncated, remote.port, remote.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  clean.push(() => socket.close());
  const resolver = resolverOf([`127.0.0.1:${socket.address().port}`]);
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({
    outcome: 'network-error',
    tries: 3,
    detail: expect.stringContaining('TCP: ECONNREFUSED'),
  });
});

test('TCP that is silent, or closes, or sends what is no message, ends as UDP does', async () => {
  const over = (reply: DnsHandler): DnsHandler => {
    return (query) => (query.transport === 'udp' ? { truncate: true } : reply(query));
  };
  const mute = await start(over(silent));
  const { timer, pass } = manualTimer();
  const lookup = resolverOf([mute.server], timer).lookup('a.test', 'A');
  for (const count of [2, 4, 6]) {
    await mute.received(count);
    pass();
  }
  expect(await lookup).toMatchObject({ outcome: 'timeout', tries: 3, durationMs: 6000 });

  const wrong = await start(over((query) => ({ raw: Buffer.from([query.id >> 8, query.id & 255, 1]) })));
  expect(await resolverOf([wrong.server]).lookup('a.test', 'A')).toMatchObject({
    outcome: 'malformed-answer',
  });

  const stopping = await start(over(silent));
  const closed = resolverOf([stopping.server]).lookup('a.test', 'A');
  await stopping.received(2);
  await stopping.stop();
  expect(await closed).toMatchObject({ outcome: 'network-error' });
});

test('an abort ends a look-up as a timeout, before and while it asks', async () => {
  const dns = await start(silent);
  const resolver = resolverOf([dns.server]);
  expect(await resolver.lookup('a.test', 'A', AbortSignal.abort())).toMatchObject({ outcome: 'timeout' });
  expect(dns.queries).toHaveLength(0);
  const controller = new AbortController();
  const lookup = resolver.lookup('a.test', 'A', controller.signal);
  await dns.received(1);
  controller.abort();
  expect(await lookup).toMatchObject({
    outcome: 'timeout',
    tries: 1,
    detail: 'the look-up was ended before an answer came',
  });
});

test('closing ends what is under way, and what comes later', async () => {
  const dns = await start(silent);
  const resolver = resolverOf([dns.server]);
  const lookup = resolver.lookup('a.test', 'A');
  await dns.received(1);
  resolver.close();
  expect(await lookup).toMatchObject({ outcome: 'timeout' });
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'timeout' });
  expect(dns.queries).toHaveLength(1);
});
