import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { FailureClass } from '../../src/protocol/failure-class.ts';
import { failureClassOf } from '../../src/protocol/failure-class.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { reverseName } from '../../src/validation/reverse-name.ts';
import type { AlpnServer } from '../support/alpn-server.ts';
import { startAlpnServer } from '../support/alpn-server.ts';
import { freePort } from '../support/free-port.ts';
import { certificateMessage, fatalAlert, serverHello } from '../support/raw-tls.ts';
import { acmeIdentifier, names, validationCertificate } from '../support/validation-certificate.ts';
import type { SeenValidation, ValidationSettings } from '../support/validation-lab.ts';
import { hasIpv6Loopback, questionFor, validate } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startRawServer } from '../support/web-server.ts';

const V4 = '127.0.0.1';
const ZONE = { 'dual.test': { A: [V4] } };
const cleanUp: (() => Promise<void>)[] = [];
const ipv6 = await hasIpv6Loopback();
if (!ipv6) console.warn('SKIPPED: tls-alpn-01 over IPv6, because this machine has no ::1');

afterEach(async () => {
  await Promise.all(cleanUp.splice(0).map((stop) => stop()));
});

async function alpn(...parameters: Parameters<typeof startAlpnServer>): Promise<AlpnServer> {
  const server = await startAlpnServer(...parameters);
  cleanUp.push(() => server.stop());
  return server;
}

async function raw(onConnection: (socket: Socket) => void): Promise<SeenServer> {
  const server = await startRawServer(V4, 0, (socket) => {
    onConnection(socket);
    // Who does not read is not told of the end.
    socket.resume();
  });
  cleanUp.push(() => server.stop());
  return server;
}

function validateAt(
  tlsPort: number,
  { identifier, ...settings }: ValidationSettings & { readonly identifier?: Identifier } = {},
): Promise<SeenValidation> {
  const question = { ...questionFor(identifier), challengeType: 'tls-alpn-01' } as const;
  return validate({ zone: ZONE, tlsPort, responseTimeoutMs: 300, question, ...settings });
}

function problemOf({ record }: SeenValidation): {
  readonly failureClass: FailureClass;
  readonly code: string;
  readonly detail: string;
} {
  if (record.failure === undefined) throw new Error('the validation passed');
  const { code, detail } = explainFailure(record.failure);
  return { failureClass: failureClassOf(record.failure), code, detail };
}

const answering =
  (...bytes: readonly (Uint8Array | string)[]) =>
  (socket: Socket) => {
    socket.once('data', () => {
      for (const part of bytes) socket.write(part);
    });
  };

describe('the connection of tls-alpn-01', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'with a validation certificate passes over %s, and the server sees a completed handshake for the name',
    async (version) => {
      const server = await alpn(V4, 0, validationCertificate(), { minVersion: version, maxVersion: version });
      const { passed, record } = await validateAt(server.port);
      expect(record.failure).toBeUndefined();
      expect(passed).toBe(true);
      expect(record.steps.map(({ step }) => step)).toEqual([
        ...['lookup', 'lookup', 'plan', 'attempt', 'certificate', 'compare'],
      ]);
      expect(record.steps.at(-2)).toMatchObject({
        address: V4,
        port: server.port,
        serverName: 'dual.test',
        tls: { protocol: version, serverName: 'dual.test' },
        alpn: 'acme-tls/1',
        names: ['DNS:dual.test'],
      });
      await server.drained();
      expect(server.handshakes).toEqual([{ serverName: 'dual.test', protocol: 'acme-tls/1' }]);
      expect(server.failed, 'a connection that ends before our Finished fails here').toEqual([]);
    },
  );

  test('offers acme-tls/1 and no other protocol', async () => {
    const offered: (readonly string[])[] = [];
    const server = await alpn(V4, 0, validationCertificate(), {
      ALPNProtocols: undefined,
      ALPNCallback: ({ protocols }) => {
        offered.push(protocols);
        return 'acme-tls/1';
      },
    });
    expect((await validateAt(server.port)).passed).toBe(true);
    expect(offered).toEqual([['acme-tls/1']]);
  });

  test('is closed, whatever came of it', async () => {
    const passing = await alpn(V4, 0, validationCertificate());
    const failing = await alpn(V4, 0, validationCertificate({ extensions: [] }));
    await validateAt(passing.port);
    await validateAt(failing.port);
    await Promise.all([passing.drained(), failing.drained()]);
  });

  test('goes to validation.tlsPort and nowhere else', async () => {
    const server = await alpn(V4, 0, validationCertificate());
    const { dialled } = await validateAt(server.port);
    expect(dialled).toEqual([`${V4} ${server.port}`]);
  });
});

describe('a server that does not come to show a certificate', () => {
  const ended = 'during the TLS handshake';
  test.each<[string, (socket: Socket) => void, FailureClass, string, string]>([
    ['says nothing', () => undefined, 'tls-handshake', 'connection', 'did not end in time'],
    ['says a byte now and then', drip, 'tls-handshake', 'connection', 'did not end in time'],
    ['closes at once', (socket) => socket.end(), 'tls-handshake', 'connection', `closed ${ended}`],
    ['resets at once', (socket) => socket.resetAndDestroy(), 'tls-handshake', 'connection', `reset ${ended}`],
    [
      'closes in the middle of the handshake',
      (socket) => socket.once('data', () => socket.end(serverHello('1.2', 'acme-tls/1'))),
      ...(['tls-handshake', 'connection', `closed ${ended}`] as const),
    ],
    [
      'resets in the middle of the handshake',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      ...(['tls-handshake', 'connection', `reset ${ended}`] as const),
    ],
    [
      'speaks plain HTTP',
      answering('HTTP/1.1 400 Bad Request\r\n\r\n'),
      ...(['not-tls', 'connection', 'Server only speaks HTTP, not TLS'] as const),
    ],
    [
      'speaks first, and not TLS',
      (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
      ...(['not-tls', 'connection', 'not TLS'] as const),
    ],
    [
      'chooses TLS 1.1',
      answering(serverHello('1.1')),
      ...(['tls-version', 'tls', 'does not speak TLS 1.2 or better'] as const),
    ],
    [
      'refuses every version that is offered',
      answering(fatalAlert(70)),
      ...(['tls-version', 'tls', 'does not speak TLS 1.2 or better'] as const),
    ],
    [
      'does not know the name',
      answering(fatalAlert(112)),
      ...(['tls-handshake', 'tls', 'remote error: tls: tlsv1 unrecognized name'] as const),
    ],
    [
      'shows bytes that OpenSSL cannot read as a certificate',
      answering(serverHello('1.2', 'acme-tls/1'), certificateMessage(Buffer.from('3003020101', 'hex'))),
      ...(['tls-handshake', 'tls', '127.0.0.1: tls: '] as const),
    ],
    [
      'shows an empty list of certificates',
      answering(serverHello('1.2', 'acme-tls/1'), certificateMessage()),
      ...(['tls-handshake', 'tls', '127.0.0.1: tls: '] as const),
    ],
  ])('which %s', async (_, behave, failureClass, code, words) => {
    const server = await raw(behave);
    const { port } = server;
    const seen = await validateAt(port);
    await server.drained();
    expect(problemOf(seen)).toMatchObject({ failureClass, code, detail: expect.stringContaining(words) });
    expect(seen.record.failure).toMatchObject({ class: 'tls', address: V4, port });
    expect(seen.record.failure).not.toHaveProperty('url');
    const last = seen.record.steps.at(-1);
    // A reset can be faster than the news that the connection stood.
    if (last?.step !== 'attempt')
      expect(last).toMatchObject({ step: 'handshake-failed', serverName: 'dual.test' });
  });

  test('for want of a common protocol says so by an alert: wrong-alpn', async () => {
    const server = await alpn(V4, 0, validationCertificate(), { ALPNProtocols: ['h2', 'http/1.1'] });
    const seen = await validateAt(server.port);
    expect(seen.record.failure).toMatchObject({ class: 'tls', kind: 'no-alpn' });
    expect(problemOf(seen)).toMatchObject({
      failureClass: 'wrong-alpn',
      code: 'tls',
      detail: expect.stringContaining('does not speak the protocol "acme-tls/1"'),
    });
  });

  test('agrees on no protocol: wrong-alpn, whatever the certificate', async () => {
    const server = await alpn(V4, 0, validationCertificate(), { ALPNProtocols: undefined });
    const seen = await validateAt(server.port);
    expect(seen.record.failure).toMatchObject({ class: 'alpn', hostname: 'dual.test', port: server.port });
    expect(problemOf(seen)).toMatchObject({ failureClass: 'wrong-alpn', code: 'unauthorized' });
    expect(problemOf(seen).detail).toContain(
      `Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge: ${V4}:${server.port} completed the TLS handshake for dual.test with none.`,
    );
    expect(seen.record.steps.at(-1)).toMatchObject({ step: 'certificate', names: ['DNS:dual.test'] });
    expect(seen.record.steps.at(-1)).not.toHaveProperty('alpn');
  });

  test('refuses the connection: named with its port, and without a URL', async () => {
    const port = await freePort();
    const seen = await validateAt(port);
    expect(seen.record.failure).toMatchObject({
      class: 'connect',
      kind: 'refused',
      port,
      hostname: 'dual.test',
    });
    const { code, detail } = problemOf(seen);
    expect(code).toBe('connection');
    expect(detail).toContain(`${V4}: Connection refused (connect).`);
    expect(detail).toContain(`Let the ACME client listen at ${V4} port ${port}`);
  });
});

function drip(socket: Socket): void {
  const hello = serverHello('1.2', 'acme-tls/1');
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < hello.length) socket.write(hello.subarray(sent, sent + 1));
    sent += 1;
  }, 20);
  socket.on('close', () => clearInterval(timer));
}

describe('the time of tls-alpn-01', () => {
  test('a total that is shorter than a handshake ends it, and names the address', async () => {
    const { port } = await raw(() => undefined);
    const { record } = await validateAt(port, { responseTimeoutMs: 5000, totalTimeoutMs: 150 });
    expect(record.failure).toEqual({ class: 'overall-timeout', budgetMs: 150, at: { address: V4 } });
    expect(record.steps.at(-1)).toMatchObject({ step: 'handshake-failed', kind: 'aborted' });
  });

  test('a server that stops breaks a handshake off, and the connection with it', async () => {
    const stop = new AbortController();
    const server = await raw((socket) => socket.once('data', () => stop.abort()));
    const { record } = await validateAt(server.port, { responseTimeoutMs: 5000, signal: stop.signal });
    await server.drained();
    expect(record.failure).toMatchObject({ class: 'internal' });
    expect(record.steps.at(-1)).toMatchObject({ step: 'handshake-failed', kind: 'aborted' });
  });
});

describe('a name without a usable address', () => {
  test.each<[string, ValidationSettings, FailureClass]>([
    ['that does not exist', { zone: {} }, 'nxdomain'],
    ['that has none', { zone: { 'dual.test': {} } }, 'no-address'],
    ['that has reserved ones alone', { allowReservedAddresses: false }, 'address-not-allowed'],
  ])('%s is not connected to', async (_, settings, failureClass) => {
    const seen = await validateAt(5001, settings);
    expect(problemOf(seen)).toMatchObject({ failureClass, code: 'dns' });
    expect(seen.dialled).toEqual([]);
  });
});

describe('an IP identifier', () => {
  const ADDRESSES: readonly (readonly [string, string])[] = [
    [V4, '1.0.0.127.in-addr.arpa'],
    ...(ipv6 ? [['::1', `1.${'0.'.repeat(31)}ip6.arpa`] as const] : []),
  ];
  test.each(ADDRESSES)(
    '%s is asked for by the server name %s, and needs an iPAddress entry',
    async (address, serverName) => {
      const certificate = validationCertificate({ extensions: [names([], [address]), acmeIdentifier()] });
      const server = await alpn(address, 0, certificate);
      const { record } = await validateAt(server.port, { identifier: { type: 'ip', value: address } });
      expect(record.failure).toBeUndefined();
      expect(record.steps.map(({ step }) => step)).toEqual(['plan', 'attempt', 'certificate', 'compare']);
      expect(record.steps[2]).toMatchObject({ serverName, names: [`IP:${address}`] });
      await server.drained();
      expect(server.handshakes).toEqual([{ serverName, protocol: 'acme-tls/1' }]);
    },
  );
});

test.each([
  // RFC 8738 section 6 gives both.
  ['192.0.2.1', '1.2.0.192.in-addr.arpa'],
  ['2001:db8::1', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ['0.10.200.255', '255.200.10.0.in-addr.arpa'],
  [
    'fedc:ba98:7654:3210:123:4567:89ab:cdef',
    'f.e.d.c.b.a.9.8.7.6.5.4.3.2.1.0.0.1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.ip6.arpa',
  ],
])('the reverse name of %s is %s', (address, name) => {
  expect(reverseName(address)).toBe(name);
});
