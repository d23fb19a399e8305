import { describe, expect, test } from 'vitest';
import type { ReceivedRedirect, RedirectSettings } from '../../src/policy/redirects.ts';
import { checkRedirect, isRedirect } from '../../src/policy/redirects.ts';

const STANDARD: RedirectSettings = {
  policy: 'documented',
  httpPort: 80,
  tlsPort: 443,
  allowReservedAddresses: false,
  allowAddresses: [],
  denyAddresses: [],
  maxRedirects: 10,
};
const LAB: RedirectSettings = { ...STANDARD, httpPort: 5002, tlsPort: 5001 };
const BOULDER: RedirectSettings = { ...STANDARD, policy: 'boulder' };
const PUBLIC: RedirectSettings = { ...STANDARD, hasPublicSuffix: (hostname) => hostname.endsWith('.com') };
const FROM = 'http://a.com/.well-known/acme-challenge/token';

/** The target's URL and port, or the refusal. */
function outcome(
  location: string,
  settings: RedirectSettings = STANDARD,
  more: Partial<ReceivedRedirect> = {},
): string {
  const received = { from: FROM, status: 302, location, followed: 0, visited: [FROM], ...more };
  const result = checkRedirect(received, settings);
  return result.ok ? `${result.value.url} ${result.value.port}` : result.refusal.refusal;
}

const CASES: readonly (readonly [
  location: string,
  settings: RedirectSettings,
  expected: string,
  why: string,
])[] = [
  ['http://b.com/x', STANDARD, 'http://b.com/x 80', 'no port means the scheme’s'],
  ['https://b.com/x', STANDARD, 'https://b.com/x 443', 'no port means the scheme’s'],
  ['http://b.com:80/x', STANDARD, 'http://b.com/x 80', 'the default port may be said'],
  ['http://b.com:443/x', STANDARD, 'http://b.com:443/x 443', 'either port with either scheme'],
  ['https://b.com:80/x', STANDARD, 'https://b.com:80/x 80', 'either port with either scheme'],
  ['http://b.com:8080/x', STANDARD, 'port', 'no other port'],
  ['http://b.com/x', LAB, 'http://b.com:5002/x 5002', 'no port means the configured one'],
  ['https://b.com:443/x', LAB, 'https://b.com:5001/x 5001', 'the default means the configured one'],
  ['https://b.com:5002/x', LAB, 'https://b.com:5002/x 5002', 'the configured numbers are allowed'],
  ['https://b.com:80/x', LAB, 'port', 'the other scheme’s default is no configured number'],
  ['/y?z', STANDARD, 'http://a.com/y?z 80', 'a path is below the same host'],
  ['//B.Com/y', STANDARD, 'http://b.com/y 80', 'a network path keeps the scheme'],
  ['y', STANDARD, 'http://a.com/.well-known/acme-challenge/y 80', 'relative to the path'],
  ['http://user:word@b.com/x#part', STANDARD, 'http://b.com/x 80', 'no user, no fragment'],
  ['ftp://b.com/x', STANDARD, 'scheme', 'no other scheme'],
  ['gopher://b.com/x', BOULDER, 'scheme', 'no other scheme'],
  ['http://', STANDARD, 'empty-host', 'no host'],
  ['http:///x', STANDARD, 'empty-host', 'no host, which a lenient parser takes from the path'],
  ['https://:443/x', STANDARD, 'empty-host', 'a port without a host'],
  ['http:x', STANDARD, 'empty-host', 'a scheme without a host'],
  ['http://b.com.well-known/x', STANDARD, 'missing-slash', 'a slash is missing in the server’s set-up'],
  ['http://[not an address]/', STANDARD, 'unparseable', 'no URL'],
  ['http://b.com:99999/', STANDARD, 'unparseable', 'no URL'],
  ['http:\\\\b.com\\x', STANDARD, 'unparseable', 'backslashes are read differently by different parsers'],
  ['http://8.8.8.8/x', STANDARD, 'ip-literal', 'the documentation says no addresses'],
  ['http://0x08080808/x', STANDARD, 'ip-literal', 'an address in disguise'],
  ['http://[2606:4700::1]/x', STANDARD, 'ip-literal', 'the documentation says no addresses'],
  ['http://8.8.8.8/x', BOULDER, 'http://8.8.8.8/x 80', 'the code allows public ones'],
  ['http://[2606:4700::1]/x', BOULDER, 'http://[2606:4700::1]/x 80', 'the code allows public ones'],
  ['http://10.0.0.1/x', BOULDER, 'reserved-address', 'and no reserved ones'],
  ['http://[::ffff:10.0.0.1]/x', BOULDER, 'reserved-address', 'and no reserved ones'],
  [
    'http://10.0.0.1/x',
    { ...BOULDER, allowReservedAddresses: true },
    'http://10.0.0.1/x 80',
    'unless allowed',
  ],
  ['http://[fe80::1%25eth0]/x', BOULDER, 'scope-zone', 'a zone means something to its own host alone'],
  ['http://b.com/x', PUBLIC, 'http://b.com/x 80', 'a public name'],
  ['http://b.internal/x', PUBLIC, 'public-suffix', 'no public name'],
  ['http://b.internal/x', STANDARD, 'http://b.internal/x 80', 'private names are fine unless told'],
  [`http://b.com/${'p'.repeat(1999)}`, STANDARD, `http://b.com/${'p'.repeat(1999)} 80`, '2000 bytes of path'],
  [`http://b.com/${'p'.repeat(2000)}`, STANDARD, 'too-long', '2001 bytes of path'],
  [
    `http://b.com/?${'q'.repeat(4082)}`,
    STANDARD,
    `http://b.com/?${'q'.repeat(4082)} 80`,
    '4096 bytes of URL',
  ],
  [`http://b.com/?${'q'.repeat(4083)}`, STANDARD, 'too-long', '4097 bytes of URL'],
  [
    `http://b.com/x?${'q'.repeat(3000)}`,
    STANDARD,
    `http://b.com/x?${'q'.repeat(3000)} 80`,
    'a query does not count',
  ],
  [FROM, STANDARD, 'loop', 'the URL that was asked'],
  [`${FROM}#again`, STANDARD, 'loop', 'the same URL: a fragment is never sent'],
];

describe('where a redirect leads', () => {
  for (const [location, settings, expected, why] of CASES) {
    test(`${location.slice(0, 60)} under ${settings.policy}, port ${settings.httpPort}: ${why}`, () => {
      expect(outcome(location, settings)).toBe(expected);
    });
  }
});

describe('what is followed', () => {
  test.each([301, 302, 307, 308])('a %i', (status) => {
    expect(outcome('/x', STANDARD, { status })).toBe('http://a.com/x 80');
  });

  test('not a 303', () => {
    expect(outcome('/x', STANDARD, { status: 303 })).toBe('status');
  });

  test.each([
    [302, '/x', true],
    [303, '/x', true],
    [300, '/x', false],
    [304, '/x', false],
    [200, '/x', false],
    [302, undefined, false],
    [302, '', false],
  ])('a %i with Location %s is a redirect: %s', (status, location, expected) => {
    expect(isRedirect(status, location)).toBe(expected);
  });

  test('ten of them, and eleven under boulder', () => {
    expect(outcome('/x', STANDARD, { followed: 9 })).toBe('http://a.com/x 80');
    expect(outcome('/x', STANDARD, { followed: 10 })).toBe('too-many');
    expect(outcome('/x', BOULDER, { followed: 10 })).toBe('http://a.com/x 80');
    expect(outcome('/x', BOULDER, { followed: 11 })).toBe('too-many');
  });

  test('nothing over a TLS that is too old', () => {
    expect(outcome('/x', STANDARD, { tlsProtocol: 'TLSv1.1' })).toBe('old-tls');
    expect(outcome('/x', STANDARD, { tlsProtocol: 'TLSv1.2' })).toBe('http://a.com/x 80');
  });
});
