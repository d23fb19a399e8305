import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { Resolver } from '../../src/dns/resolver.ts';
import type { DnsHandler, TestDnsServer } from '../support/dns-server.ts';
import { answerFrom, answerMessage, record, startDnsServer } from '../support/dns-server.ts';
import { resolverFor } from './resolver-for.ts';

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

async function start(
  handler: DnsHandler,
  address: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<{ readonly dns: TestDnsServer; readonly resolver: Resolver }> {
  const dns = await startDnsServer(handler, address);
  const resolver = resolverFor({ servers: [dns.server] });
  clean.push(
    () => resolver.close(),
    () => dns.stop(),
  );
  return { dns, resolver };
}

const zone = answerFrom({
  'both.test': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
  'txt.test': { TXT: ['one', 'two'] },
  'alias.test': { CNAME: ['both.test'] },
  'gone.test': { CNAME: ['nowhere.test'] },
});

describe.each(['127.0.0.1', '::1'] as const)('dns-dual-stack: with one server, at %s', (address) => {
  test('a look-up of each type is answered, and the answer names the server', async () => {
    const { dns, resolver } = await start(zone, address);
    expect(await resolver.lookup('both.test', 'A')).toEqual({
      name: 'both.test',
      type: 'A',
      source: { kind: 'server', server: dns.server },
      outcome: 'answered',
      rcode: 'NOERROR',
      cnames: [],
      values: ['192.0.2.1', '192.0.2.2'],
      ttlSeconds: 300,
      tries: 1,
      durationMs: expect.any(Number),
    });
    expect(await resolver.lookup('both.test', 'AAAA')).toMatchObject({ values: ['2001:db8::1'] });
    expect(await resolver.lookup('txt.test', 'TXT')).toMatchObject({ values: ['one', 'two'] });
    expect(dns.queries.map((query) => query.type)).toEqual(['A', 'AAAA', 'TXT']);
  });

  test('a truncated answer is asked for again over TCP', async () => {
    const many = Array.from({ length: 100 }, (_, index) => record('big.test', 'A', `192.0.2.${index}`));
    const { dns, resolver } = await start(() => ({ answers: many, truncate: true }), address);
    const answer = await resolver.lookup('big.test', 'A');
    expect(answer).toMatchObject({ outcome: 'answered', tries: 1 });
    expect(answer.values).toHaveLength(100);
    expect(dns.queries.map((query) => query.transport)).toEqual(['udp', 'tcp']);
  });
});

test.each([
  [3, 'nxdomain', 'NXDOMAIN'],
  [2, 'servfail', 'SERVFAIL'],
  [5, 'refused', 'REFUSED'],
  [4, 'other-rcode', 'NOTIMP'],
  [1, 'other-rcode', 'FORMERR'],
  [0, 'empty', 'NOERROR'],
])('rcode %d is the outcome %s, and ends the tries', async (rcode, outcome, mnemonic) => {
  const { dns, resolver } = await start(() => ({ rcode }));
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({
    outcome,
    rcode: mnemonic,
    values: [],
    tries: 1,
  });
  expect(dns.queries).toHaveLength(1);
});

test('records under an error code are not believed', async () => {
  const { resolver } = await start(() => ({ rcode: 3, answers: [record('a.test', 'A', '192.0.2.66')] }));
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'nxdomain', values: [] });
});

test('records of other names are not believed', async () => {
  const { resolver } = await start(() => ({ answers: [record('b.test', 'A', '192.0.2.66')] }));
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'empty', values: [] });
});

test('names are compared without regard to case and to a final dot', async () => {
  const { dns, resolver } = await start(zone);
  expect(await resolver.lookup('Both.TEST.', 'A')).toMatchObject({ name: 'both.test', outcome: 'answered' });
  expect(dns.queries[0]?.name).toBe('both.test');
});

describe('CNAMEs', () => {
  test('are followed inside an answer, and listed', async () => {
    const { dns, resolver } = await start(zone);
    expect(await resolver.lookup('alias.test', 'A')).toMatchObject({
      name: 'alias.test',
      outcome: 'answered',
      cnames: ['both.test'],
      values: ['192.0.2.1', '192.0.2.2'],
    });
    expect(await resolver.lookup('gone.test', 'A')).toMatchObject({
      outcome: 'nxdomain',
      cnames: ['nowhere.test'],
    });
    expect(dns.queries).toHaveLength(2);
  });

  test('are followed by further questions where the answer ends in one', async () => {
    const { dns, resolver } = await start((query) =>
      query.name === 'c.test'
        ? { answers: [record('c.test', 'A', '192.0.2.1')] }
        : { answers: [record(query.name, 'CNAME', query.name === 'a.test' ? 'b.test' : 'c.test')] },
    );
    expect(await resolver.lookup('a.test', 'A')).toMatchObject({
      outcome: 'answered',
      cnames: ['b.test', 'c.test'],
      values: ['192.0.2.1'],
      tries: 3,
    });
    expect(dns.queries.map((query) => query.name)).toEqual(['a.test', 'b.test', 'c.test']);
  });

  test('in a loop are a malformed answer, inside one answer and over several', async () => {
    const loop = [record('a.test', 'CNAME', 'b.test'), record('b.test', 'CNAME', 'a.test')];
    const inside = await start(() => ({ answers: loop }));
    expect(await inside.resolver.lookup('a.test', 'A')).toMatchObject({
      outcome: 'malformed-answer',
      cnames: ['b.test'],
      detail: 'the CNAME of b.test leads back to a.test',
    });
    const over = await start((query) => ({
      answers: [record(query.name, 'CNAME', query.name === 'a.test' ? 'b.test' : 'a.test')],
    }));
    expect(await over.resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'malformed-answer' });
    expect(over.dns.queries).toHaveLength(2);
  });

  test('without end stop at the ninth', async () => {
    const { dns, resolver } = await start((query) => ({
      answers: [record(query.name, 'CNAME', `x${query.name}`)],
    }));
    expect(await resolver.lookup('a.test', 'A')).toMatchObject({ outcome: 'malformed-answer' });
    expect(dns.queries).toHaveLength(9);
  });
});

test('a damaged answer with the right id is malformed, and ends the tries', async () => {
  const { dns, resolver } = await start((query) => {
    const good = answerMessage(query, { answers: [record(query.name, 'A', '192.0.2.1')] });
    return { raw: good.subarray(0, good.length - 2) };
  });
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({
    outcome: 'malformed-answer',
    source: { kind: 'server', server: dns.server },
    tries: 1,
    detail: 'the answer is damaged: the message ends too early',
  });
});

test('answers with a wrong id, a wrong question or of a query kind are ignored, and the right one is taken', async () => {
  const { dns, resolver } = await start((query) => {
    const forged = { answers: [record(query.name, 'A', '192.0.2.66')] };
    const other = { answers: [record('b.test', 'A', '192.0.2.66')] };
    const asQuery = answerMessage(query, forged);
    asQuery.writeUInt8(0, 2);
    return {
      before: [
        answerMessage({ ...query, id: (query.id + 1) % 65_536 }, forged),
        answerMessage({ ...query, name: 'b.test' }, other),
        answerMessage({ ...query, type: 'AAAA' }, forged),
        asQuery,
        Buffer.alloc(0),
        Buffer.from([query.id >> 8]),
      ],
      answers: [record(query.name, 'A', '192.0.2.1')],
    };
  });
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ values: ['192.0.2.1'], tries: 1 });
  expect(dns.queries).toHaveLength(1);
});

test('an answer from another source than the server is ignored', async () => {
  const spoofer = createSocket('udp4');
  spoofer.bind(0, '127.0.0.1');
  await once(spoofer, 'listening');
  clean.push(() => spoofer.close());
  const { resolver } = await start(async (query) => {
    const forged = answerMessage(query, { answers: [record(query.name, 'A', '192.0.2.66')] });
    await new Promise((resolve) => spoofer.send(forged, query.remotePort, '127.0.0.1', resolve));
    return { answers: [record(query.name, 'A', '192.0.2.1')] };
  });
  expect(await resolver.lookup('a.test', 'A')).toMatchObject({ values: ['192.0.2.1'] });
});

test('a hundred look-ups at a time get each its own answer, over a few sockets', async () => {
  const { dns, resolver } = await start((query) => ({
    answers: [record(query.name, 'A', `192.0.2.${query.name.split('.')[0]}`)],
  }));
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  const answers = await Promise.all(numbers.map((number) => resolver.lookup(`${number}.test`, 'A')));
  expect(answers.map((answer) => answer.values)).toEqual(numbers.map((number) => [`192.0.2.${number}`]));
  const ports = new Set(dns.queries.map((query) => query.remotePort));
  expect(ports.size).toBeGreaterThan(1);
  expect(ports.size).toBeLessThanOrEqual(4);
});

test('equal random bytes still give each waiting query an id of its own', async () => {
  const held: (() => void)[] = [];
  const dns = await startDnsServer(async (query) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return { answers: [record(query.name, 'A', '192.0.2.1')] };
  });
  const constant = { bytes: (count: number) => new Uint8Array(count).fill(255) };
  const resolver = resolverFor({ servers: [dns.server] }, { randomness: constant });
  clean.push(
    () => resolver.close(),
    () => dns.stop(),
  );
  const lookups = ['a.test', 'b.test', 'c.test'].map((name) => resolver.lookup(name, 'A'));
  await dns.received(3);
  expect(dns.queries.map((query) => query.id)).toEqual([65_535, 0, 1]);
  for (const release of held) release();
  const answers = await Promise.all(lookups);
  expect(answers.map((answer) => answer.outcome)).toEqual(['answered', 'answered', 'answered']);
});

test('a socket makes way for one with another port after a thousand queries, and loses none that waits', async () => {
  let release: () => void = () => undefined;
  const dns = await startDnsServer(async (query) => {
    if (query.name === 'slow.test') {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    return { answers: [record(query.name, 'A', '192.0.2.1')] };
  });
  const constant = { bytes: (count: number) => new Uint8Array(count) };
  const resolver = resolverFor({ servers: [dns.server], timeoutMs: 20_000 }, { randomness: constant });
  clean.push(
    () => resolver.close(),
    () => dns.stop(),
  );
  const slow = resolver.lookup('slow.test', 'A');
  await dns.received(1);
  for (let count = 1; count <= 1000; count += 1) await resolver.lookup('a.test', 'A');
  const ports = dns.queries.map((query) => query.remotePort);
  expect(new Set(ports.slice(0, 1000)).size).toBe(1);
  expect(ports[1000]).not.toBe(ports[0]);
  release();
  expect(await slow).toMatchObject({ outcome: 'answered', tries: 1 });
});

test('a name that no question can hold does not exist, and nobody is asked', async () => {
  const { dns, resolver } = await start(zone);
  for (const name of [`${'a'.repeat(64)}.test`, 'a..test', '', `${'abcdefg.'.repeat(32)}test`]) {
    expect(await resolver.lookup(name, 'A')).toMatchObject({ outcome: 'nxdomain', tries: 0 });
  }
  expect(dns.queries).toHaveLength(0);
});
