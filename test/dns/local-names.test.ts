import { expect, test } from 'vitest';
import { createConfiguredHosts } from '../../src/dns/configured-hosts.ts';
import { parseHostsFile } from '../../src/dns/hosts-file.ts';
import { findLocalhost } from '../../src/dns/localhost-names.ts';
import { parseResolvConf } from '../../src/dns/resolv-conf.ts';
import { createSystemFiles } from '../../src/dns/system-files.ts';

const V4 = ['127.0.0.1'];
const V6 = ['::1'];

test.each([
  // name, A, AAAA
  ['localhost', V4, V6],
  ['first.localhost', V4, V6],
  ['deep.below.localhost', V4, V6],
  ['ipv4.localhost', V4, []],
  ['one.ipv4.localhost', V4, []],
  ['a.one.ipv4.localhost', V4, []],
  ['ipv6.localhost', [], V6],
  ['one.ipv6.localhost', [], V6],
  ['xipv4.localhost', V4, V6],
  ['ipv4.first.localhost', V4, V6],
] as const)('RFC 6761 section 6.3: %s has the A records %j and the AAAA records %j', (name, v4, v6) => {
  expect(findLocalhost(name, 'A')).toEqual(v4);
  expect(findLocalhost(name, 'AAAA')).toEqual(v6);
  expect(findLocalhost(name, 'TXT')).toEqual([]);
});

test.each(['example.test', 'notlocalhost', 'localhost.example.test', ''])(
  '%j is no localhost name',
  (name) => {
    expect(findLocalhost(name, 'A')).toBeUndefined();
    expect(findLocalhost(name, 'TXT')).toBeUndefined();
  },
);

test('an exact host beats a wildcard, and the longest wildcard wins', () => {
  const hosts = createConfiguredHosts({
    '*.example.test': ['192.0.2.1'],
    '*.b.example.test': ['192.0.2.2'],
    'a.b.example.test': ['192.0.2.3', '2001:DB8::0:3'],
    'Example.Test.': ['192.0.2.4'],
  });
  expect(hosts.find('x.example.test', 'A')).toEqual(['192.0.2.1']);
  expect(hosts.find('x.y.example.test', 'A')).toEqual(['192.0.2.1']);
  expect(hosts.find('x.b.example.test', 'A')).toEqual(['192.0.2.2']);
  expect(hosts.find('b.example.test', 'A')).toEqual(['192.0.2.1']);
  expect(hosts.find('a.b.example.test', 'A')).toEqual(['192.0.2.3']);
  expect(hosts.find('a.b.example.test', 'AAAA')).toEqual(['2001:db8::3']);
  expect(hosts.find('example.test', 'A')).toEqual(['192.0.2.4']);
});

test('a configured host is answered for every type, and others are left to the next', () => {
  const hosts = createConfiguredHosts({ 'a.test': ['192.0.2.1'], '*.b.test': ['2001:db8::1'] });
  expect(hosts.find('a.test', 'AAAA')).toEqual([]);
  expect(hosts.find('a.test', 'TXT')).toEqual([]);
  expect(hosts.find('x.b.test', 'A')).toEqual([]);
  expect(hosts.find('_acme-challenge.b.test', 'TXT')).toEqual([]);
  for (const name of ['b.test', 'xa.test', 'x.a.test', 'test']) {
    expect(hosts.find(name, 'A'), name).toBeUndefined();
  }
});

test('reads /etc/hosts: several names a line, several lines a name, comments, odd lines', () => {
  const table = parseHostsFile(
    [
      '# a comment',
      '127.0.0.1\tlocalhost Loop.Example.test. # 192.0.2.9 hidden.test',
      '  2001:DB8:0::1   host.test  alias.test\r',
      '192.0.2.1 host.test',
      '192.0.2.1 host.test',
      'fe80::1%lo0 zone.test',
      'not-an-address name.test',
      '192.0.2.7',
      '',
    ].join('\n'),
  );
  expect(Object.fromEntries(table)).toEqual({
    localhost: ['127.0.0.1'],
    'loop.example.test': ['127.0.0.1'],
    'host.test': ['2001:db8::1', '192.0.2.1'],
    'alias.test': ['2001:db8::1'],
  });
});

test('reads resolv.conf: the first three servers, IPv6, zones and ports', () => {
  const text = [
    '; nameserver 192.0.2.8',
    '# nameserver 192.0.2.9',
    'search example.test',
    'nameserver 192.0.2.1',
    'nameserver\tfe80::1%eth0   # the router',
    'nameserver [2001:db8::1]:8053',
    'nameserver 192.0.2.4',
    'options ndots:1',
  ].join('\n');
  expect(parseResolvConf(text)).toEqual([
    { address: '192.0.2.1', port: 53 },
    { address: 'fe80::1%eth0', port: 53 },
    { address: '2001:db8::1', port: 8053 },
  ]);
  expect(parseResolvConf('search example.test\nnameserver ns.example.test\n')).toEqual([]);
});

test('an edit of the files is seen when a second has gone by', () => {
  let now = 0;
  let reads = 0;
  let text = '192.0.2.1 a.test';
  const files = createSystemFiles({ now: () => now, after: () => () => undefined }, () => {
    reads += 1;
    return text;
  });
  expect(files.hosts().get('a.test')).toEqual(['192.0.2.1']);
  text = '192.0.2.2 a.test';
  now = 999;
  expect(files.hosts().get('a.test')).toEqual(['192.0.2.1']);
  expect(reads).toBe(1);
  now = 1000;
  expect(files.hosts().get('a.test')).toEqual(['192.0.2.2']);
});
