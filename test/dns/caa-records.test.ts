import { afterEach, expect, test } from 'vitest';
import { parseHostsFile } from '../../src/dns/hosts-file.ts';
import type { DnsHandler } from '../support/dns-server.ts';
import { answerFrom, rawRecord, record, startDnsServer } from '../support/dns-server.ts';
import { resolverFor } from './resolver-for.ts';

const CAA = 257;
const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

async function start(handler: DnsHandler) {
  const dns = await startDnsServer(handler);
  const resolver = resolverFor({ servers: [dns.server] });
  clean.push(
    () => resolver.close(),
    () => dns.stop(),
  );
  return { dns, lookup: (name = 'a.test') => resolver.lookup(name, 'CAA') };
}

function bytes(flags: number, tag: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([flags, tag.length]), Buffer.from(tag + value, 'latin1')]);
}

test('CAA comes in parts and in presentation form, in the order of the answer', async () => {
  const { lookup } = await start(
    answerFrom({
      'a.test': {
        CAA: ['0 issue "ca.test; validationmethods=dns-01"', '128 unknown "x"', '0 issuewild ";"'],
      },
    }),
  );
  expect(await lookup()).toMatchObject({
    type: 'CAA',
    outcome: 'answered',
    rcode: 'NOERROR',
    ttlSeconds: 300,
    values: ['0 issue "ca.test; validationmethods=dns-01"', '128 unknown "x"', '0 issuewild ";"'],
    caa: [
      { critical: false, tag: 'issue', value: 'ca.test; validationmethods=dns-01' },
      { critical: true, tag: 'unknown', value: 'x' },
      { critical: false, tag: 'issuewild', value: ';' },
    ],
  });
});

test('CAA is followed through CNAMEs, also where the records need a question of their own', async () => {
  const zone = answerFrom({ 'b.test': { CAA: ['0 issue "ca.test"'] }, 'c.test': { CNAME: ['b.test'] } });
  const { lookup } = await start((query) =>
    query.name === 'a.test' ? { answers: [record('a.test', 'CNAME', 'c.test')] } : zone(query),
  );
  expect(await lookup()).toMatchObject({
    cnames: ['c.test', 'b.test'],
    caa: [{ critical: false, tag: 'issue', value: 'ca.test' }],
  });
});

test('without records there is no list of them', async () => {
  const { lookup } = await start(answerFrom({ 'a.test': { A: ['192.0.2.1'] } }));
  expect(await lookup()).toMatchObject({ outcome: 'empty', values: [] });
  expect(await lookup('b.test')).toMatchObject({ outcome: 'nxdomain', values: [] });
  expect(await lookup()).not.toHaveProperty('caa');
});

test('only the bit of value 128 is critical, tags are compared in lower case, and values keep their bytes', async () => {
  const data = [
    bytes(127, 'ISSUE', ''),
    bytes(255, 'iodef', 'mailto:"a\\b"'),
    bytes(0, 't'.repeat(255), '\x00\x1f\x7f\xff'),
  ];
  const { lookup } = await start(() => ({ answers: data.map((each) => rawRecord('a.test', CAA, each)) }));
  expect(await lookup()).toMatchObject({
    values: [
      '127 issue ""',
      '255 iodef "mailto:\\"a\\\\b\\""',
      `0 ${'t'.repeat(255)} "\\000\\031\\127\\255"`,
    ],
    caa: [
      { critical: false, tag: 'issue', value: '' },
      { critical: true, tag: 'iodef', value: 'mailto:"a\\b"' },
      { critical: false, tag: 't'.repeat(255), value: '\x00\x1f\x7f\xff' },
    ],
  });
});

test.each([
  ['without data', Buffer.from([]), 'shorter than 2 bytes'],
  ['of flags alone', Buffer.from([0]), 'shorter than 2 bytes'],
  ['with an empty tag', bytes(0, '', 'ca.test'), 'empty tag'],
  ['whose tag is longer than the record', Buffer.from([0, 6, 105, 115, 115, 117, 101]), 'inside its tag'],
  ['with a space in its tag', bytes(0, 'is sue', 'ca.test'), 'letters and digits'],
  ['with a hyphen in its tag', bytes(0, 'issue-x', 'ca.test'), 'letters and digits'],
  ['with a letter beyond ASCII in its tag', bytes(0, 'issu\xe9', 'ca.test'), 'letters and digits'],
])('one record %s makes the whole answer malformed', async (_what, data, reason) => {
  const { lookup } = await start(() => ({
    answers: [record('a.test', 'CAA', '0 issue "ca.test"'), rawRecord('a.test', CAA, data)],
  }));
  expect(await lookup()).toMatchObject({
    outcome: 'malformed-answer',
    values: [],
    detail: expect.stringContaining(reason),
  });
});

test('names that dns.hosts, localhost or the hosts file answer have no CAA, and nobody is asked', async () => {
  const { dns } = await start(() => ({ answers: [record('a.test', 'CAA', '0 issue ";"')] }));
  const systemFiles = {
    hosts: () => parseHostsFile('192.0.2.20 c.test'),
    servers: () => [{ address: '127.0.0.1', port: dns.port }],
  };
  const resolver = resolverFor({ hosts: { '*.b.test': ['192.0.2.10'] } }, { systemFiles });
  clean.push(() => resolver.close());
  for (const [name, kind] of [
    ['a.b.test', 'configured-hosts'],
    ['first.localhost', 'localhost'],
    ['localhost', 'localhost'],
    ['c.test', 'hosts-file'],
  ] as const) {
    const answer = await resolver.lookup(name, 'CAA');
    expect(answer).toMatchObject({ source: { kind }, outcome: 'empty', values: [], tries: 0 });
  }
  expect(dns.queries).toEqual([]);
  expect(await resolver.lookup('a.test', 'CAA')).toMatchObject({ outcome: 'answered' });
});
