import { expect, test } from 'vitest';
import { dnsSchema } from '../../src/dns/dns-config.ts';
import { formatServerAddress, parseServerAddress } from '../../src/dns/server-address.ts';

function problems(settings: unknown): readonly string[] {
  const issues = dnsSchema.safeParse(settings).error?.issues ?? [];
  return issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

test('every default is usable: the system names the servers, no host is configured, a try waits two seconds', () => {
  expect(dnsSchema.parse({})).toEqual({ servers: 'system', hosts: {}, timeoutMs: 2000 });
});

test.each([
  ['192.0.2.1', '192.0.2.1:53'],
  ['192.0.2.1:8053', '192.0.2.1:8053'],
  ['::1', '[::1]:53'],
  ['[::1]', '[::1]:53'],
  ['[2001:db8::1]:8053', '[2001:db8::1]:8053'],
])('reads the server %s as %s', (text, formatted) => {
  const server = parseServerAddress(text);
  expect(server === undefined ? undefined : formatServerAddress(server)).toBe(formatted);
  expect(problems({ servers: [text] })).toEqual([]);
});

test.each([
  'ns.example.test:53',
  'localhost',
  '192.0.2.1:0',
  '192.0.2.1:65536',
  '192.0.2.1:',
  '192.0.2:53',
  '[192.0.2.1]:53',
  '[::1]53',
  '[::1',
  '',
])('refuses the server %j, and says that it must be a literal address', (text) => {
  expect(problems({ servers: [text] })).toEqual([
    expect.stringMatching(/^servers\.0: must be the literal addr/),
  ]);
});

test('refuses an empty list of servers, and a word that is not system', () => {
  expect(problems({ servers: [] })).toEqual(['servers: needs at least one server']);
  expect(problems({ servers: 'none' })).toEqual([expect.stringContaining("must be 'system' or a list")]);
});

test('refuses unknown keys, and hosts that are no name or have no address', () => {
  expect(problems({ tries: 3 })).toEqual([expect.stringContaining('tries')]);
  expect(problems({ hosts: { 'a.test': ['b.test'] } })).toEqual([
    expect.stringMatching(/^hosts\.a\.test\.0: must/),
  ]);
  expect(problems({ hosts: { 'a.test': ['fe80::1%lo'] } })).toHaveLength(1);
  expect(problems({ hosts: { 'a.test': [] } })).toEqual(['hosts.a.test: needs at least one address']);
  for (const name of ['a..test', 'w*.a.test', 'a.*.test', '*', '*.', 'a b.test', '']) {
    expect(problems({ hosts: { [name]: ['::1'] } }), name).toHaveLength(1);
  }
  expect(problems({ hosts: { '*.a.test': ['::1'], 'A.test.': ['127.0.0.1'], host: ['::1'] } })).toEqual([]);
});
