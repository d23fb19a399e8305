import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { ConfigurationError } from '../../src/application/configuration-error.ts';
import { loadConfiguration } from '../../src/cli/configuration-file.ts';

const manyNames = (count: number) => Array.from({ length: count }, (_, index) => `place-${index}`);

function complaintAbout(perspectives: unknown): string {
  try {
    parseConfiguration({ validation: { perspectives } });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'none';
}

test('one line turns them on, and none is the default', () => {
  expect(parseConfiguration({}).validation.perspectives).toEqual([]);
  const set = ['validation.perspectives=north,south,east'];
  expect(loadConfiguration({ set, host: [] }).validation.perspectives).toEqual([
    { name: 'north' },
    { name: 'south' },
    { name: 'east' },
  ]);
  const one = loadConfiguration({ set: ['validation.perspectives=north'], host: [] });
  expect(one.validation.perspectives).toEqual([{ name: 'north' }]);
});

test('a name and an object with a view of its own stand side by side', () => {
  const south = {
    name: 'south-2',
    dnsServers: ['192.0.2.53:53', '[2001:db8::53]:53'],
    hosts: { 'www.example.test': ['192.0.2.66'] },
    sourceIpv4: '198.51.100.7',
    sourceIpv6: '2001:db8:7::1',
  };
  const perspectives = ['north', south, { name: 'east', dnsServers: 'system', hosts: {} }];
  expect(parseConfiguration({ validation: { perspectives } }).validation.perspectives).toEqual([
    { name: 'north' },
    south,
    { name: 'east', dnsServers: 'system', hosts: {} },
  ]);
});

const NAME = 'must be 1 to 32 small letters, digits and hyphens, such as north';
const V4 = 'must be a literal IPv4 address of this host, such as 192.0.2.1';
const V6 = 'must be a literal IPv6 address of this host without a zone, such as 2001:db8::1';

test.each([
  ['north', ': must be a list, and is "north"'],
  [[1], '.0.name: must be a text, and is 1'],
  [[null], '.0.name: must be a text, and is null'],
  [[{}], '.0.name: must be a text, and is absent'],
  [[''], `.0.name: ${NAME}`],
  [['North'], `.0.name: ${NAME}`],
  [['north', 'so uth'], `.1.name: ${NAME}`],
  [['n'.repeat(33)], `.0.name: ${NAME}`],
  [['north', 'south', { name: 'north' }], ': must use each name once, and north is there again'],
  [manyNames(13), ': takes at most 12 perspectives, and there are 13'],
  [[{ name: 'a', sourceIpv4: '::1' }], `.0.sourceIpv4: ${V4}`],
  [[{ name: 'a', sourceIpv4: 'localhost' }], `.0.sourceIpv4: ${V4}`],
  [[{ name: 'a', sourceIpv4: '127.1' }], `.0.sourceIpv4: ${V4}`],
  [[{ name: 'a', sourceIpv6: '127.0.0.1' }], `.0.sourceIpv6: ${V6}`],
  [[{ name: 'a', sourceIpv6: 'fe80::1%eth0' }], `.0.sourceIpv6: ${V6}`],
  [[{ name: 'a', sourceIpv6: '[::1]' }], `.0.sourceIpv6: ${V6}`],
  [[{ name: 'a', dnsServers: [] }], '.0.dnsServers: must not be empty'],
  [[{ name: 'a', hosts: { 'a.test': ['b'] } }], '.0.hosts.a.test.0: must be an IPv4 or IPv6 address'],
  [[{ name: 'a', hosts: { 'a b': ['::1'] } }], '.0.hosts.a b: must be a name such as www.example.test'],
  [
    [{ name: 'a', source: '::1' }],
    '.0.source: there is no such key; validation.perspectives.0 has name, dnsServers, hosts, sourceIpv4, sourceIpv6',
  ],
])('%j is refused, saying where and why', (perspectives, complaint) => {
  expect(complaintAbout(perspectives)).toContain(`validation.perspectives${complaint}`);
});

test('as many as are allowed are taken', () => {
  expect(complaintAbout(manyNames(12))).toBe('none');
});
