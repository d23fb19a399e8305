import { afterEach, describe, expect, test } from 'vitest';
import type { SystemFiles } from '../../src/dns/system-files.ts';
import type { DnsHandler } from '../support/dns-server.ts';
import { answerFrom, record, startDnsServer } from '../support/dns-server.ts';
import { hasIpv6Loopback } from '../support/validation-lab.ts';
import { resolverFor } from './resolver-for.ts';

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

const zone = answerFrom({
  'a.test': {
    A: ['192.0.2.1'],
    AAAA: ['2001:db8::1'],
    TXT: ['text'],
    CAA: ['0 issue "ca.test"'],
  },
});

async function start(address: '127.0.0.1' | '::1', handler: DnsHandler = zone) {
  const dns = await startDnsServer(handler, address);
  clean.push(() => dns.stop());
  return dns;
}

function resolverOf(servers: readonly string[] | 'system', systemFiles?: SystemFiles) {
  const files = systemFiles === undefined ? {} : { systemFiles };
  const resolver = resolverFor({ servers, timeoutMs: 2000 }, files);
  clean.push(() => resolver.close());
  return resolver;
}

describe.skipIf(!(await hasIpv6Loopback()))('where every DNS server has IPv6 alone', () => {
  test('each type is asked and answered over IPv6', async () => {
    const dns = await start('::1');
    const resolver = resolverOf([dns.server]);
    for (const [type, value] of [
      ['A', '192.0.2.1'],
      ['AAAA', '2001:db8::1'],
      ['TXT', 'text'],
      ['CAA', '0 issue "ca.test"'],
    ] as const) {
      expect(await resolver.lookup('a.test', type)).toMatchObject({
        source: { kind: 'server', server: `[::1]:${dns.port}` },
        outcome: 'answered',
        values: [value],
        tries: 1,
      });
    }
    expect(dns.queries.map((query) => `${query.transport} ${query.remoteAddress}`)).toEqual(
      Array.from({ length: 4 }, () => 'udp ::1'),
    );
  });

  test('what does not fit is asked for over TCP on IPv6', async () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      record('a.test', 'TXT', `${index} ${'x'.repeat(180)}`),
    );
    const dns = await start('::1', () => ({ answers: many, truncate: true }));
    const answer = await resolverOf([dns.server]).lookup('a.test', 'TXT');
    expect(answer).toMatchObject({ outcome: 'answered', tries: 1 });
    expect(answer.values).toHaveLength(300);
    expect(dns.queries.map((query) => `${query.transport} ${query.remoteAddress}`)).toEqual([
      'udp ::1',
      'tcp ::1',
    ]);
  });

  test('so it is where resolv.conf names it', async () => {
    const dns = await start('::1');
    const files = { hosts: () => new Map(), servers: () => [{ address: '::1', port: dns.port }] };
    expect(await resolverOf('system', files).lookup('a.test', 'A')).toMatchObject({ values: ['192.0.2.1'] });
  });

  test('a port that nobody listens on is a network error that names it', async () => {
    const dns = await start('::1');
    await dns.stop();
    expect(await resolverOf([dns.server]).lookup('a.test', 'A')).toMatchObject({
      outcome: 'network-error',
      tries: 3,
      detail: expect.stringContaining(`[::1]:${dns.port}: `),
    });
  });
});

describe.skipIf(!(await hasIpv6Loopback()))('with servers of both families', () => {
  test.each([
    ['::1', '127.0.0.1'],
    ['127.0.0.1', '::1'],
  ] as const)('the one at %s is asked first, and where it is gone the one at %s', async (first, second) => {
    const [gone, there] = [await start(first), await start(second)];
    const resolver = resolverOf([gone.server, there.server]);
    expect(await resolver.lookup('a.test', 'A')).toMatchObject({ source: { server: gone.server }, tries: 1 });
    await gone.stop();
    expect(await resolver.lookup('a.test', 'A')).toMatchObject({
      source: { server: there.server },
      outcome: 'answered',
      tries: 2,
    });
    expect([gone.queries.length, there.queries.length]).toEqual([1, 1]);
  });

  test('the tries of a silent name go over all of them in turn', async () => {
    const handler: DnsHandler = (query) =>
      query.transport === 'udp' ? { truncate: true } : { raw: Buffer.alloc(0) };
    const servers = [await start('::1', handler), await start('127.0.0.1', handler), await start('::1')];
    const resolver = resolverFor({ servers: servers.map((each) => each.server), timeoutMs: 100 });
    clean.push(() => resolver.close());
    expect(await resolver.lookup('a.test', 'AAAA')).toMatchObject({
      source: { server: servers[2]?.server },
      values: ['2001:db8::1'],
      tries: 3,
    });
    expect(servers.map((each) => each.queries.length)).toEqual([2, 2, 1]);
  });
});
