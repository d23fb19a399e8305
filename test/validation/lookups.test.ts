import { afterEach, describe, expect, test } from 'vitest';
import { createResolver } from '../../src/dns/create-resolver.ts';
import { dnsSchema } from '../../src/dns/dns-config.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { freePort } from '../support/free-port.ts';
import type { Zone } from '../support/validation-lab.ts';
import { hasIpv6Loopback, KEY_AUTHORIZATION, tableResolver, validate } from '../support/validation-lab.ts';
import { startWebServer } from '../support/web-server.ts';

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(cleanUp.splice(0).map((stop) => stop()));
});

const ipv6 = await hasIpv6Loopback();
if (!ipv6) console.warn('SKIPPED: look-ups over an IPv6 resolver, because this machine has no ::1');

describe.skipIf(!ipv6)('dns-dual-stack', () => {
  test.each(['127.0.0.1', '::1'] as const)('A and AAAA are both asked of a resolver at %s', async (at) => {
    const dns = await startDnsServer(answerFrom({ 'dual.test': { A: ['127.0.0.1'], AAAA: ['::1'] } }), at);
    const web = await startWebServer('::1', 0, (_, response) => response.end(KEY_AUTHORIZATION));
    const resolver = createResolver(dnsSchema.parse({ servers: [dns.server] }), {
      network: createSystemNetwork(systemTimer),
      timer: systemTimer,
      randomness: systemRandomness,
    });
    cleanUp.push(
      () => resolver.close(),
      () => dns.stop(),
      () => web.stop(),
    );
    const { passed, record, dialled } = await validate({ resolver, httpPort: web.port });
    expect(passed).toBe(true);
    // The server may see letters of the name in either case.
    expect(dns.queries.map(({ type, name }) => `${type} ${name.toLowerCase()}`).sort()).toEqual([
      'A dual.test',
      'AAAA dual.test',
    ]);
    expect(dialled).toEqual([`::1 ${web.port}`]);
    expect(record.steps.filter(({ step }) => step === 'lookup')).toMatchObject([
      { type: 'A', source: { kind: 'server', server: dns.server }, values: ['127.0.0.1'] },
      { type: 'AAAA', source: { kind: 'server', server: dns.server }, values: ['::1'] },
    ]);
  });
});

test('A and AAAA are asked side by side: neither waits for the other', async () => {
  const waiting: string[] = [];
  let answerBoth: () => void = () => undefined;
  const bothAsked = new Promise<void>((resolve) => {
    answerBoth = resolve;
  });
  const table = tableResolver({ 'dual.test': { A: 'servfail', AAAA: 'servfail' } });
  const { record } = await validate({
    resolver: {
      ...table,
      lookup: async (name, type) => {
        waiting.push(type);
        if (waiting.length === 2) answerBoth();
        await bothAsked;
        return table.lookup(name, type);
      },
    },
  });
  expect(waiting).toEqual(['A', 'AAAA']);
  expect(record.failure?.class).toBe('lookup');
});

describe('a name without an address', () => {
  test.each([
    [
      'that does not exist',
      {},
      'DNS problem: NXDOMAIN looking up A for dual.test at 192.0.2.53:53 - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA',
    ],
    [
      'whose look-ups end differently',
      { 'dual.test': { A: 'timeout', AAAA: 'empty' } },
      'DNS problem: query timed out looking up A for dual.test at 192.0.2.53:53; no valid AAAA records found for dual.test',
    ],
    [
      'with other records alone',
      { 'dual.test': {} },
      'no valid A records found for dual.test; no valid AAAA records found for dual.test',
    ],
  ] as readonly (readonly [string, Zone, string])[])(
    '%s is a dns error that names both look-ups',
    async (_, zone, words) => {
      const { record, dialled } = await validate({ zone });
      expect(dialled).toEqual([]);
      expect(record.failure === undefined ? {} : explainFailure(record.failure)).toMatchObject({
        code: 'dns',
        detail: expect.stringContaining(words),
      });
    },
  );
});

test('an answer with thousands of addresses leaves a small record', async () => {
  const many = Array.from({ length: 4000 }, (_, index) => `127.0.${index >> 8}.${index & 255}`);
  const { record } = await validate({ zone: { 'dual.test': { A: many } }, connectTimeoutMs: 1 });
  expect(JSON.stringify(record).length).toBeLessThan(10_000);
});

test('a fault in a part of ours is an internal failure, told to the log and not to the client', async () => {
  const { record } = await validate({
    resolver: {
      lookup: () => Promise.reject(new Error('a secret path')),
      answersItself: () => false,
      close: () => undefined,
    },
  });
  expect(record.failure?.class).toBe('internal');
  expect(JSON.stringify(record)).not.toContain('a secret path');
});

test.each([
  ['configured-hosts', 'with --host dual.test=ADDRESS'],
  ['hosts-file', '/etc/hosts'],
  ['localhost', ''],
] as const)('where an address came from is kept with the failure: %s', async (kind, words) => {
  const table = tableResolver({ 'dual.test': { A: ['127.0.0.1'] } });
  const { record } = await validate({
    httpPort: await freePort(),
    resolver: {
      ...table,
      lookup: async (name, type) => ({ ...(await table.lookup(name, type)), source: { kind } }),
    },
  });
  expect(record.failure).toMatchObject({ class: 'connect', kind: 'refused', addressSource: { kind } });
  expect(record.failure === undefined ? '' : explainFailure(record.failure).detail).toContain(words);
});
