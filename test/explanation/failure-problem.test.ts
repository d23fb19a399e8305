import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import { hintFor } from '../../src/explanation/hint.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';

const hop = { url: 'http://a.test:5002/x', address: '2001:db8::1' };
const connect = {
  class: 'connect',
  ...hop,
  family: 'ipv6',
  port: 5002,
  kind: 'timeout',
  budgetMs: 10_000,
} as const;
const exchange = { class: 'exchange', ...hop, phase: 'response', budgetMs: 10_000 } as const;
const redirect = { class: 'redirect', ...hop, location: 'http://b.test/', status: 302 } as const;

/** Failure, ACME error type, and how the detail begins: the phrases that people search for. */
const CASES: readonly (readonly [failure: ValidationFailure, code: string, begins: string])[] = [
  [
    connect,
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Timeout during connect (likely firewall problem) after 10 s (connect).',
  ],
  [
    { ...connect, kind: 'refused', code: 'ECONNREFUSED' },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Connection refused (connect).',
  ],
  [
    { ...connect, kind: 'network-unreachable' },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Network unreachable',
  ],
  [
    { ...connect, kind: 'other' },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Error getting validation data',
  ],
  [
    { ...exchange, kind: 'silent' },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Timeout after connect (your server may be slow or overloaded)',
  ],
  [
    { ...exchange, kind: 'reset' },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Connection reset by peer',
  ],
  [
    { ...exchange, kind: 'http2' },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Server is speaking HTTP/2 over HTTP',
  ],
  [
    { ...exchange, phase: 'body', kind: 'closed' },
    'unauthorized',
    '2001:db8::1: Fetching http://a.test:5002/x: Error reading HTTP response body: the server closed the connection',
  ],
  [
    { class: 'tls', ...hop, kind: 'handshake', detail: 'sslv3 alert handshake failure' },
    'tls',
    '2001:db8::1: Fetching http://a.test:5002/x: remote error: tls: sslv3 alert handshake failure (TLS).',
  ],
  [
    { class: 'tls', ...hop, kind: 'not-tls', detail: '' },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Error getting validation data: Server only speaks HTTP, not TLS',
  ],
  [
    { ...redirect, refusal: 'loop', detail: 'http://b.test/' },
    'connection',
    '2001:db8::1: Fetching http://b.test/: Redirect loop detected',
  ],
  [
    { ...redirect, refusal: 'missing-slash', detail: 'a.test.well-known' },
    'connection',
    "2001:db8::1: Fetching http://b.test/: Invalid host in redirect target. Check webserver config for missing '/' in redirect target. The host is a.test.well-known.",
  ],
  [
    { class: 'status', ...hop, status: 404 },
    'unauthorized',
    '2001:db8::1: Invalid response from http://a.test:5002/x: 404.',
  ],
  [
    { class: 'body-too-long', ...hop, limitBytes: 127, start: '<html>' },
    'unauthorized',
    '2001:db8::1: Invalid response from http://a.test:5002/x: more than 127 bytes, beginning "<html>".',
  ],
  [
    { class: 'wrong-content', ...hop, expected: 'a.b', received: 'c' },
    'unauthorized',
    '2001:db8::1: The key authorization file from the server did not match this challenge. Expected "a.b" (got "c").',
  ],
  [
    { class: 'no-txt', name: '_acme-challenge.a.test' },
    'unauthorized',
    'No TXT record found at _acme-challenge.a.test.',
  ],
  [
    { class: 'wrong-txt', name: '_acme-challenge.a.test', expected: 'x', received: ['y', 'z'] },
    'unauthorized',
    'Incorrect TXT record "y" (and 1 more) found at _acme-challenge.a.test.',
  ],
  [
    {
      class: 'no-address',
      hostname: 'a.test',
      filtered: [{ address: '10.0.0.1', reason: 'reserved: Private-Use (RFC 1918)' }],
    },
    'dns',
    'no valid A records found for a.test; no valid AAAA records found for a.test; 10.0.0.1 is not used (reserved: Private-Use (RFC 1918)).',
  ],
  [
    {
      class: 'lookup',
      hostname: 'b.test',
      lookups: [{ name: 'b.test', type: 'A', outcome: 'servfail', rcode: 'SERVFAIL' }],
      url: 'http://b.test/',
      from: hop,
    },
    'dns',
    '2001:db8::1: Fetching http://b.test/: DNS problem: SERVFAIL looking up A for b.test',
  ],
  [
    { class: 'overall-timeout', budgetMs: 60_000, at: hop },
    'connection',
    '2001:db8::1: Fetching http://a.test:5002/x: Timeout: the whole validation did not end within 60 s.',
  ],
  [{ class: 'internal', detail: 'The server stopped.' }, 'serverInternal', 'The server stopped.'],
];

describe('the problem of a failed validation', () => {
  for (const [failure, code, begins] of CASES) {
    test(`${failure.class}: ${begins.slice(0, 110)}`, () => {
      const problem = explainFailure(failure);
      expect(problem.code).toBe(code);
      expect(problem.detail.slice(0, begins.length)).toBe(begins);
      expect(problem.detail.endsWith(hintFor(failure))).toBe(true);
    });
  }

  test('says the rule that decided, in plain words and by its id', () => {
    const { detail } = explainFailure({
      ...connect,
      rule: 'redirect-no-retry',
      reason: 'its IPv4 address is not tried',
    });
    expect(detail).toContain('(connect). Its IPv4 address is not tried [redirect-no-retry].');
  });

  test('cuts a long URL', () => {
    const { detail } = explainFailure({ ...redirect, location: `/${'x'.repeat(4000)}`, refusal: 'too-long' });
    expect(detail.length).toBeLessThan(800);
    expect(detail).toContain('xxx...: Redirect target too long');
  });

  test('of a retry names the attempt before it', () => {
    const { detail } = explainFailure({
      ...connect,
      address: '192.0.2.1',
      family: 'ipv4',
      kind: 'refused',
      earlier: { address: '2001:db8::1', kind: 'timeout' },
    });
    expect(detail).toContain('192.0.2.1: Fetching');
    expect(detail).toContain('before that, 2001:db8::1: Timeout during connect');
  });
});

describe('the hint', () => {
  test('for a host of ours without IPv6 names the setting', () => {
    const hint = hintFor({ ...connect, kind: 'network-unreachable', code: 'ENETUNREACH' });
    expect(hint).toContain('validation.ipv6=false');
  });

  test('for an IPv6 address that drops what comes names the AAAA record', () => {
    expect(hintFor(connect)).toContain('or correct the AAAA record, or add an A record beside it');
  });

  test('for reserved addresses names the setting', () => {
    const filtered = [{ address: '10.0.0.1', reason: 'reserved: Private-Use (RFC 1918)' }];
    expect(hintFor({ class: 'no-address', hostname: 'a.test', filtered })).toContain(
      'validation.allowReservedAddresses=true',
    );
  });

  test('for an IPv4-mapped address names the A record, since no setting lets it pass', () => {
    const filtered = [{ address: '::ffff:10.0.0.1', reason: 'reserved: IPv4-mapped Address (RFC 4291)' }];
    const hint = hintFor({ class: 'no-address', hostname: 'a.test', filtered });
    expect(hint).toContain('A record');
    expect(hint).not.toContain('validation.');
  });

  test.each([
    ['servfail', 'A', 'DNSSEC'],
    ['refused', 'A', 'dns.servers'],
    ['malformed-answer', 'A', 'dns.servers'],
    ['timeout', 'A', '--host'],
    ['nxdomain', 'A', 'Add an A or AAAA record'],
    ['nxdomain', 'TXT', 'Add the TXT record'],
  ] as const)('for a look-up that ended as %s of type %s says: %s', (outcome, type, words) => {
    const lookups = [{ name: 'a.test', type, outcome }];
    expect(hintFor({ class: 'lookup', hostname: 'a.test', lookups })).toContain(words);
  });

  test('for a TXT look-up never names --host, which has addresses only', () => {
    const lookups = [{ name: 'a.test', type: 'TXT', outcome: 'timeout' } as const];
    expect(hintFor({ class: 'lookup', hostname: 'a.test', lookups })).not.toContain('--host');
  });

  test('for a connection that our own host refused does not blame the web server', () => {
    const hint = hintFor({ ...connect, kind: 'other', code: 'EMFILE' });
    expect(hint).toContain("This CA's own host");
    expect(hint).toContain('open files');
    expect(explainFailure({ ...connect, kind: 'other', code: 'EMFILE' }).code).toBe('serverInternal');
  });

  test('for an unreachable host speaks of the routing', () => {
    expect(hintFor({ ...connect, kind: 'host-unreachable', code: 'EHOSTUNREACH' })).toContain('routing');
  });

  test.each([
    ['status', '301, 302, 307 or 308'],
    ['port', 'validation.httpPort'],
    ['public-suffix', 'policy.requirePublicSuffix=false'],
    ['reserved-address', 'validation.allowReservedAddresses=true'],
    ['ip-literal', 'the name of a host'],
    ['too-long', 'shorter'],
  ] as const)('for a redirect refused as %s says: %s', (refusal, words) => {
    expect(hintFor({ ...redirect, refusal })).toContain(words);
  });

  test('for a wrong answer from one of two families says that the other may be another server', () => {
    const failure = { class: 'status', ...hop, status: 404 } as const;
    expect(hintFor(failure)).not.toContain('IPv4');
    const ruled = { ...failure, rule: 'no-retry-on-other-errors' } as const;
    expect(hintFor(ruled)).toContain('remove the AAAA record, if only IPv4 is right');
    expect(hintFor({ ...ruled, url: 'http://a.localhost:5002/x' })).not.toContain('AAAA');
  });
});
