import { describe, expect, test } from 'vitest';
import { renderBoulderRecord } from '../../src/explanation/boulder-record.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import { tellStory } from '../../src/explanation/story.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';
import type { AttemptStep, PlanStep, ValidationRecord } from '../../src/protocol/validation-record.ts';

const V6 = '2001:db8::1';
const V4 = '192.0.2.1';
const PORT = 5001;
const DIGEST = '94233b719c905dc5472b69e75b78e3021353dc5be6d7c50dfa45996649caa183';
const OTHER_DIGEST = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
const rule = { rule: 'http-01-only', reason: 'only http-01 is retried over IPv4' } as const;

const plan: PlanStep = {
  step: 'plan',
  hostname: 'a.test',
  port: PORT,
  addressesResolved: [V6, V4],
  filtered: [],
  first: { address: V6, family: 'ipv6' },
  spare: { address: V4, family: 'ipv4' },
  rules: ['prefer-ipv6', 'http-01-only'],
};
const overIpv6: AttemptStep = {
  step: 'attempt',
  hostname: 'a.test',
  address: V6,
  family: 'ipv6',
  port: PORT,
  outcome: 'connected',
  durationMs: 20,
};
const overIpv4: AttemptStep = { ...overIpv6, address: V4, family: 'ipv4' };

/** Boulder's way: IPv6 does not speak the protocol, IPv4 shows the certificate of another challenge. */
const FELL_BACK: ValidationRecord = {
  identifier: { type: 'dns', value: 'a.test' },
  challengeType: 'tls-alpn-01',
  addressPolicy: 'boulder',
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationMs: 70,
  steps: [
    plan,
    overIpv6,
    {
      step: 'handshake-failed',
      address: V6,
      port: PORT,
      serverName: 'a.test',
      kind: 'no-alpn',
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
      detail: 'tlsv1 alert no application protocol',
      durationMs: 5,
    },
    {
      step: 'retry',
      retried: true,
      address: V4,
      rule: 'http-01-only',
      reason: 'under the policy "boulder" a failed TLS handshake makes the attempt go once more',
    },
    overIpv4,
    {
      step: 'certificate',
      address: V4,
      port: PORT,
      serverName: 'a.test',
      tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', serverName: 'a.test' },
      alpn: 'acme-tls/1',
      fingerprint: 'ab'.repeat(32),
      names: ['DNS:a.test'],
      durationMs: 6,
    },
    {
      step: 'compare',
      where: `${V4} in the acmeIdentifier extension`,
      expected: DIGEST,
      received: [OTHER_DIGEST],
      matched: false,
    },
  ],
  failure: {
    class: 'certificate',
    hostname: 'a.test',
    address: V4,
    port: PORT,
    fault: 'wrong-digest',
    expected: DIGEST,
    received: OTHER_DIGEST,
    earlier: { address: V6, kind: 'tls', tls: 'no-alpn' },
  },
};

test('the story of tls-alpn-01 says what was asked for, what was shown, and what was compared', () => {
  const lines = tellStory(FELL_BACK).map(({ text }) => text);
  expect(lines.slice(0, -2)).toEqual([
    'tls-alpn-01 for a.test, 2026-01-02T03:04:05.000Z, address policy "boulder"',
    `Of 2 addresses ${V6} (IPv6) goes first, and ${V4} (IPv4) is kept for a retry, to reach a.test.`,
    'By the rule prefer-ipv6; the policy departs from http-01-only.',
    `Dialled [${V6}]:${PORT} over IPv6: connected after 20 ms.`,
    `Asked [${V6}]:${PORT} for "acme-tls/1" as a.test: failed after 5 ms: the server does not speak the protocol "acme-tls/1" (tlsv1 alert no application protocol).`,
    'Under the policy "boulder" a failed TLS handshake makes the attempt go once more. [departs from rule http-01-only]',
    `Dialled ${V4}:${PORT} over IPv4: connected after 20 ms.`,
    `Asked ${V4}:${PORT} for "acme-tls/1" as a.test: TLSv1.3, "acme-tls/1", a certificate for DNS:a.test, in 6 ms.`,
    `Compared what is at ${V4} in the acmeIdentifier extension with what was expected: it does not match.`,
    `  want "${DIGEST}"`,
    `  got  "${OTHER_DIGEST}"`,
    `Failed after 70 ms: unauthorized (wrong-certificate): not the validation certificate at ${V4}:${PORT}.`,
  ]);
});

describe('the record in the shape of Let’s Encrypt', () => {
  const entry = { hostname: 'a.test', port: '5001', addressesResolved: [V6, V4] };

  test('has one entry for tls-alpn-01, with what was tried before', () => {
    expect(renderBoulderRecord(FELL_BACK)).toEqual([{ ...entry, addressUsed: V4, addressesTried: [V6] }]);
  });

  test('has no addressesTried without a second attempt, and no entry without a first', () => {
    expect(renderBoulderRecord({ ...FELL_BACK, steps: [plan, overIpv6] })).toEqual([
      { ...entry, addressUsed: V6 },
    ]);
    expect(renderBoulderRecord({ ...FELL_BACK, steps: [] })).toEqual([]);
  });
});

const place = { hostname: 'a.test', address: V6, port: PORT } as const;
const tls = { class: 'tls', address: V6, port: PORT } as const;
const SPEAK =
  'Let the ACME client itself answer there while it validates, or a server that answers "acme-tls/1" with the client\'s validation certificate; an ordinary web server is the usual reason.';

/** What happened, the failure, code, detail, and the verdict that ends the story. */
const TEXTS: readonly (readonly [
  what: string,
  failure: ValidationFailure,
  code: string,
  detail: string,
  verdict: string,
])[] = [
  [
    'refused, and there is no other address, as Boulder says it',
    {
      class: 'connect',
      ...place,
      family: 'ipv6',
      kind: 'refused',
      budgetMs: 10_000,
      unableToContact: 'a.test',
    },
    'malformed',
    `Unable to contact "a.test" at "${V6}", no IPv4 addresses to try as fallback: ${V6}: Connection refused (connect). Let the ACME client listen at ${V6} port 5001, or correct the AAAA record, or add an A record beside it.`,
    `refused at [${V6}]:5001, which Boulder's code calls malformed for want of an IPv4 address.`,
  ],
  [
    'no common protocol, by an alert',
    { ...tls, kind: 'no-alpn', detail: 'tlsv1 alert no application protocol', ...rule },
    'tls',
    `${V6}: remote error: tls: tlsv1 alert no application protocol: the server does not speak the protocol "acme-tls/1" (TLS). Only http-01 is retried over IPv4 [http-01-only]. ${SPEAK} Or remove the AAAA record, if only IPv4 is right.`,
    `no TLS connection with ${V6}.`,
  ],
  [
    'no protocol agreed on',
    { class: 'alpn', ...place },
    'unauthorized',
    `Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge: [${V6}]:5001 completed the TLS handshake for a.test with none. ${SPEAK}`,
    `no "acme-tls/1" at [${V6}]:5001.`,
  ],
  [
    'another protocol agreed on, that was never offered',
    { class: 'alpn', ...place, negotiated: 'h2' },
    'unauthorized',
    `Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge: [${V6}]:5001 completed the TLS handshake for a.test with "h2". ${SPEAK}`,
    `no "acme-tls/1" at [${V6}]:5001.`,
  ],
  [
    'plain HTTP',
    { ...tls, kind: 'not-tls', detail: 'wrong version number' },
    'connection',
    `${V6}: Error getting validation data: Server only speaks HTTP, not TLS, on this port (TLS). Let the ACME client answer TLS at ${V6} port 5001: what stands in front of it must pass TLS on unopened.`,
    `no TLS connection with ${V6}.`,
  ],
  [
    'an older version of TLS',
    { ...tls, kind: 'version', detail: 'unsupported protocol' },
    'tls',
    `${V6}: tls: the server does not speak TLS 1.2 or better (unsupported protocol) (TLS). Make the server at ${V6} port 5001 speak TLS 1.2 or 1.3.`,
    `no TLS connection with ${V6}.`,
  ],
  [
    'no certificate',
    { class: 'certificate', ...place, fault: 'absent' },
    'unauthorized',
    `No certs presented for tls-alpn-01 challenge: [${V6}]:5001 completed the TLS handshake for a.test without one. Let the server show the validation certificate to whoever offers "acme-tls/1".`,
    `no certificate at [${V6}]:5001.`,
  ],
  [
    'a certificate that cannot be read',
    { class: 'certificate', ...place, fault: 'unreadable', detail: 'It is nested deeper than 32 levels.' },
    'unauthorized',
    `Incorrect validation certificate for tls-alpn-01 challenge. Requested a.test from [${V6}]:5001. The certificate cannot be read: It is nested deeper than 32 levels. Make the validation certificate as RFC 8737 section 3 says.`,
    `not the validation certificate at [${V6}]:5001: the certificate cannot be read: It is nested deeper than 32 levels.`,
  ],
  [
    'other names, after an IPv6 attempt without a certificate',
    {
      class: 'certificate',
      ...place,
      address: V4,
      fault: 'wrong-subject-alt-name',
      expected: 'DNS:a.test',
      received: 'DNS:b.test',
      earlier: { address: V6, kind: 'tls', tls: 'no-certificate' },
    },
    'unauthorized',
    `Incorrect validation certificate for tls-alpn-01 challenge. Requested a.test from ${V4}:5001. Its subjectAltName extension must hold "DNS:a.test" alone, and holds "DNS:b.test"; before that, ${V6}: no certificate. Make one validation certificate for each name, with that name and no other in it.`,
    `not the validation certificate at ${V4}:5001: its subjectAltName extension must hold "DNS:a.test" alone, and holds "DNS:b.test".`,
  ],
];

describe('what people read about a failed tls-alpn-01', () => {
  test.each(TEXTS)('%s', (_, failure, code, detail, verdict) => {
    expect(explainFailure(failure)).toEqual({ code, detail });
    const ended = tellStory({ ...FELL_BACK, failure }).find(({ role }) => role === 'failed');
    expect(ended?.text).toMatch(/^Failed after 70 ms: /);
    expect(ended?.text.slice(ended.text.indexOf('): ') + 3)).toBe(verdict);
  });
});
