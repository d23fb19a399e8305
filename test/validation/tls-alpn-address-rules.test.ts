import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderBoulderRecord } from '../../src/explanation/boulder-record.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { AddressPolicy } from '../../src/protocol/address-family-rule.ts';
import { ADDRESS_POLICIES } from '../../src/protocol/address-family-rule.ts';
import { failureClassOf } from '../../src/protocol/failure-class.ts';
import { startAlpnServer } from '../support/alpn-server.ts';
import type { BlackHole } from '../support/black-hole.ts';
import { startBlackHole } from '../support/black-hole.ts';
import { freePort } from '../support/free-port.ts';
import { names, validationCertificate } from '../support/validation-certificate.ts';
import type { SeenValidation, Zone } from '../support/validation-lab.ts';
import { hasIpv6Loopback, questionFor, validate } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startRawServer } from '../support/web-server.ts';

const V6 = '::1';
const V4 = '127.0.0.1';
const DUAL: Zone = { 'dual.test': { A: [V4], AAAA: [V6] } };
const V6_ONLY: Zone = { 'dual.test': { AAAA: [V6] } };
/** Under these the retry belongs to http-01. */
const NO_RETRY = ADDRESS_POLICIES.filter((policy) => policy !== 'boulder');

/** What listens on validation.tlsPort of an address. `closed` is nothing: a connection is refused. */
type Behaviour =
  | 'serves'
  | 'closed'
  | 'black hole'
  | 'silent'
  | 'resets'
  | 'plain HTTP'
  | 'other protocols'
  | 'no protocol'
  | 'wrong certificate';

const ipv6 = await hasIpv6Loopback();
if (!ipv6) console.warn('SKIPPED: the address-family rules of tls-alpn-01, because this machine has no ::1');
let hole: BlackHole;

beforeAll(async () => {
  if (ipv6) hole = await startBlackHole(V6);
});
afterAll(async () => {
  if (ipv6) await hole.stop();
});

async function start(
  address: string,
  port: number,
  behaviour: Behaviour | undefined,
): Promise<SeenServer | undefined> {
  switch (behaviour) {
    case undefined:
    case 'closed':
    case 'black hole':
      return undefined;
    case 'serves':
      return startAlpnServer(address, port, validationCertificate());
    case 'other protocols':
      return startAlpnServer(address, port, validationCertificate(), { ALPNProtocols: ['http/1.1'] });
    case 'no protocol':
      return startAlpnServer(address, port, validationCertificate(), { ALPNProtocols: undefined });
    case 'wrong certificate':
      return startAlpnServer(address, port, validationCertificate({ extensions: [names(['dual.test'])] }));
    case 'silent':
      return startRawServer(address, port, (socket) => socket.resume());
    case 'resets':
      return startRawServer(address, port, (socket) => socket.once('data', () => socket.resetAndDestroy()));
    case 'plain HTTP':
      return startRawServer(address, port, (socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      );
  }
}

interface Played extends SeenValidation {
  /** The addresses of every dial, in order. */
  readonly addresses: readonly string[];
  readonly code: string;
  readonly detail: string;
  readonly failureClass: string;
}

async function play(
  policy: AddressPolicy,
  places: { readonly v6: Behaviour; readonly v4?: Behaviour },
): Promise<Played> {
  const port = places.v6 === 'black hole' ? hole.port : await freePort();
  const servers = [await start(V6, port, places.v6), await start(V4, port, places.v4)];
  const seen = await validate({
    zone: places.v4 === undefined ? V6_ONLY : DUAL,
    tlsPort: port,
    addressPolicy: policy,
    responseTimeoutMs: 300,
    question: { ...questionFor(), challengeType: 'tls-alpn-01' },
  });
  await Promise.all(servers.map((server) => server?.stop()));
  const { failure } = seen.record;
  const problem = failure === undefined ? { code: 'none', detail: '' } : explainFailure(failure);
  const addresses = seen.dialled.map((dial) => dial.replace(` ${port}`, ''));
  const failureClass = failure === undefined ? 'none' : failureClassOf(failure);
  return { ...seen, ...problem, addresses, failureClass };
}

/** What the failed IPv6 attempt is called, where it is what ended the validation. */
const UP_TO_THE_HANDSHAKE: readonly (readonly [
  Behaviour,
  code: string,
  failureClass: string,
  says: string,
])[] = [
  ['closed', 'connection', 'connection-refused', '::1: Connection refused (connect).'],
  ['black hole', 'connection', 'connect-timeout', '::1: Timeout during connect (likely firewall problem)'],
  ['silent', 'connection', 'tls-handshake', '::1: Timeout after connect'],
  ['resets', 'connection', 'tls-handshake', 'the connection was reset during the TLS handshake'],
  ['plain HTTP', 'connection', 'not-tls', 'Server only speaks HTTP, not TLS'],
  ['other protocols', 'tls', 'wrong-alpn', '::1: remote error: tls: '],
];

const AFTER_THE_HANDSHAKE: readonly (readonly [Behaviour, failureClass: string, says: string])[] = [
  [
    'no protocol',
    'wrong-alpn',
    'Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge: [::1]:',
  ],
  ['wrong certificate', 'wrong-certificate', 'Requested dual.test from [::1]:'],
];

describe.skipIf(!ipv6)('http-01-only: a name with both families, and only its IPv4 server is right', () => {
  test.each(UP_TO_THE_HANDSHAKE)('IPv6 %s: %s, and no retry', async (v6, code, failureClass, says) => {
    for (const policy of NO_RETRY) {
      const played = await play(policy, { v6, v4: 'serves' });
      expect(played.addresses, policy).toEqual([V6]);
      expect(played, policy).toMatchObject({ passed: false, code, failureClass });
      expect(played.detail).toContain(says);
      expect(played.detail).toContain('[http-01-only]');
      expect(played.record.steps.at(-1)).toMatchObject({
        step: 'retry',
        retried: false,
        rule: 'http-01-only',
      });
    }
  });

  test.each(UP_TO_THE_HANDSHAKE)('IPv6 %s: under "boulder" IPv4 is tried once, and passes', async (v6) => {
    const played = await play('boulder', { v6, v4: 'serves' });
    expect(played.addresses).toEqual([V6, V4]);
    expect(played.passed).toBe(true);
    const retry = played.record.steps.find(({ step }) => step === 'retry');
    expect(retry).toMatchObject({ retried: true, address: V4, rule: 'http-01-only' });
    expect(retry).toMatchObject({ reason: expect.stringContaining('under the policy "boulder"') });
  });

  test.each(AFTER_THE_HANDSHAKE)('IPv6 shows %s: %s, under every policy', async (v6, failureClass, says) => {
    for (const policy of ADDRESS_POLICIES) {
      const played = await play(policy, { v6, v4: 'serves' });
      expect(played.addresses, policy).toEqual([V6]);
      expect(played, policy).toMatchObject({ passed: false, code: 'unauthorized', failureClass });
      expect(played.detail).toContain(says);
      expect(played.detail).toContain('[http-01-only]');
      expect(played.record.steps.at(-1), policy).toMatchObject({ step: 'retry', retried: false });
    }
  });

  test('a right IPv6 server is the only one that is asked', async () => {
    for (const policy of ADDRESS_POLICIES) {
      const played = await play(policy, { v6: 'serves', v4: 'closed' });
      expect(played.addresses).toEqual([V6]);
      expect(played.passed).toBe(true);
    }
  });

  test('under "boulder" what IPv4 comes to is told, with the IPv6 failure behind it, and is final', async () => {
    const refused = await play('boulder', { v6: 'plain HTTP', v4: 'closed' });
    expect(refused.addresses).toEqual([V6, V4]);
    expect(refused).toMatchObject({ code: 'connection', failureClass: 'connection-refused' });
    expect(refused.detail).toMatch(
      /^127\.0\.0\.1: Connection refused; before that, ::1: no TLS on this port \(connect\)\./,
    );
    const silent = await play('boulder', { v6: 'closed', v4: 'silent' });
    expect(silent.addresses).toEqual([V6, V4]);
    expect(silent.failureClass).toBe('tls-handshake');
    expect(silent.detail).toContain('did not end in time; before that, ::1: Connection refused (TLS).');
    const wrong = await play('boulder', { v6: 'silent', v4: 'wrong certificate' });
    expect(wrong.addresses).toEqual([V6, V4]);
    expect(wrong.code).toBe('unauthorized');
    expect(wrong.detail).toContain('before that, ::1: the TLS handshake did not end in time.');
  });
});

describe.skipIf(!ipv6)('the scenarios of a running Let’s Encrypt', () => {
  const documented = (played: Played, says: string) => {
    expect(played.passed).toBe(false);
    expect(played.addresses).toEqual([V6]);
    expect(played.detail).toContain(says);
  };

  test('S14: IPv6 speaks ordinary HTTPS and sends an alert, IPv4 is right', async () => {
    const boulder = await play('boulder', { v6: 'other protocols', v4: 'serves' });
    expect(boulder.passed).toBe(true);
    const entries = renderBoulderRecord(boulder.record);
    expect(entries).toEqual([
      {
        hostname: 'dual.test',
        port: boulder.dialled[0]?.split(' ')[1],
        addressesResolved: [V6, V4],
        addressUsed: V4,
        addressesTried: [V6],
      },
    ]);
    documented(await play('documented', { v6: 'other protocols', v4: 'serves' }), '::1: remote error: tls:');
  });

  test('S15: IPv6 completes the handshake with a wrong certificate, IPv4 is right', async () => {
    const boulder = await play('boulder', { v6: 'wrong certificate', v4: 'serves' });
    expect(boulder).toMatchObject({ passed: false, code: 'unauthorized', addresses: [V6] });
    expect(renderBoulderRecord(boulder.record)).toMatchObject([{ addressUsed: V6 }]);
    expect(renderBoulderRecord(boulder.record)[0]).not.toHaveProperty('addressesTried');
    documented(await play('documented', { v6: 'wrong certificate', v4: 'serves' }), 'from [::1]:');
  });

  test('S16: AAAA alone, refused', async () => {
    const boulder = await play('boulder', { v6: 'closed' });
    expect(boulder).toMatchObject({ passed: false, code: 'malformed', addresses: [V6] });
    expect(boulder.detail).toMatch(
      /^Unable to contact "dual\.test" at "::1", no IPv4 addresses to try as fallback: ::1: Connection refused \(connect\)\./,
    );
    expect(boulder.failureClass).toBe('connection-refused');
    for (const policy of NO_RETRY) {
      const played = await play(policy, { v6: 'closed' });
      expect(played.code).toBe('connection');
      documented(played, '::1: Connection refused (connect).');
      expect(played.detail).not.toContain('Unable to contact');
    }
  });

  test.each(UP_TO_THE_HANDSHAKE)('S16 with IPv6 %s: malformed too, whatever the cause', async (v6) => {
    const played = await play('boulder', { v6 });
    expect(played.code).toBe('malformed');
    expect(played.detail).toMatch(/^Unable to contact "dual\.test" at "::1"/);
  });

  test.each(AFTER_THE_HANDSHAKE)('S16 with IPv6 that shows %s: judged as it is', async (v6, failureClass) => {
    const played = await play('boulder', { v6 });
    expect(played).toMatchObject({ code: 'unauthorized', failureClass });
  });

  test('S16 with an IPv6 address as the identifier', async () => {
    const seen = await validate({
      tlsPort: await freePort(),
      addressPolicy: 'boulder',
      question: { ...questionFor({ type: 'ip', value: V6 }), challengeType: 'tls-alpn-01' },
    });
    if (seen.record.failure === undefined) throw new Error('it passed');
    expect(explainFailure(seen.record.failure).code).toBe('malformed');
    expect(explainFailure(seen.record.failure).detail).toContain('Unable to contact "::1" at "::1"');
  });
});
