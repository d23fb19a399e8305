import { expect, test } from 'vitest';
import type { DnsRecord } from '../../src/dns/answer-record.ts';
import { followCnames } from '../../src/dns/cname-chain.ts';

function a(owner: string, value: string, ttlSeconds = 300): DnsRecord {
  return { owner, type: 'A', ttlSeconds, value };
}

function cname(owner: string, value: string, ttlSeconds = 300): DnsRecord {
  return { owner, type: 'CNAME', ttlSeconds, value };
}

const question = { name: 'a.test', type: 'A' } as const;

test('gives the records of the name in the order of the answer, with the smallest TTL', () => {
  const records = [a('a.test', '192.0.2.2', 60), a('a.test', '192.0.2.1', 30), a('b.test', '192.0.2.9', 1)];
  expect(followCnames(question, [], records)).toEqual({
    ok: true,
    cnames: [],
    end: 'a.test',
    values: ['192.0.2.2', '192.0.2.1'],
    moved: false,
    ttlSeconds: 30,
  });
});

test('follows CNAMEs whatever their order, and ignores records of names that are not on the chain', () => {
  const records = [
    a('c.test', '192.0.2.1'),
    cname('b.test', 'c.test', 10),
    cname('a.test', 'b.test'),
    a('evil.test', '192.0.2.66', 1),
    cname('other.test', 'evil.test', 1),
  ];
  expect(followCnames(question, [], records)).toEqual({
    ok: true,
    cnames: ['b.test', 'c.test'],
    end: 'c.test',
    values: ['192.0.2.1'],
    moved: true,
    ttlSeconds: 10,
  });
});

test('says where a chain without a target ends, counting the names of earlier answers', () => {
  const chain = followCnames({ name: 'b.test', type: 'A' }, ['a.test'], [cname('b.test', 'c.test', 5)]);
  expect(chain).toEqual({
    ok: true,
    cnames: ['b.test', 'c.test'],
    end: 'c.test',
    values: [],
    moved: true,
    ttlSeconds: 5,
  });
});

test.each([
  ['a loop', [cname('a.test', 'b.test'), cname('b.test', 'a.test')], /leads back to a\.test/],
  ['a CNAME to itself', [cname('a.test', 'a.test')], /leads back/],
  ['two CNAMEs at one name', [cname('a.test', 'b.test'), cname('a.test', 'c.test')], /more than one CNAME/],
  ['a CNAME to the root', [cname('a.test', '')], /the root, which cannot be asked for/],
])('refuses %s', (_what, records, reason) => {
  expect(followCnames(question, [], records)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(reason),
  });
});

test('a loop over several answers is seen', () => {
  const chain = followCnames({ name: 'b.test', type: 'A' }, ['a.test'], [cname('b.test', 'a.test')]);
  expect(chain).toMatchObject({ ok: false, cnames: ['b.test'] });
});

test('eight CNAMEs are followed, nine are refused', () => {
  const records = (count: number) => [
    cname('a.test', 'n1.test'),
    ...Array.from({ length: count - 1 }, (_, index) => cname(`n${index + 1}.test`, `n${index + 2}.test`)),
    a(`n${count}.test`, '192.0.2.1'),
  ];
  expect(followCnames(question, [], records(8))).toMatchObject({ ok: true, values: ['192.0.2.1'] });
  expect(followCnames(question, [], records(9))).toMatchObject({
    ok: false,
    reason: 'more than 8 CNAMEs lie between a.test and its records',
  });
});
