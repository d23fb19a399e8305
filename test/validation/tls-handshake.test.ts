import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { createServer } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { TlsCredentials } from '../../src/runtime/listener.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { startBudget } from '../../src/validation/budget.ts';
import type { HandshakeResult } from '../../src/validation/tls-handshake.ts';
import { shakeHands } from '../../src/validation/tls-handshake.ts';
import { selfSigned } from '../support/self-signed.ts';

const HOST = '127.0.0.1';
let ecdsa: TlsCredentials;
let rsa: TlsCredentials;

beforeAll(async () => {
  [ecdsa, rsa] = await Promise.all([selfSigned('dual.test'), selfSigned('dual.test', 'rsa')]);
});

interface Shaken {
  readonly socket: Socket;
  readonly result: HandshakeResult;
}

/** Shakes hands with a server of these options, which does `secured` with whoever completes it. */
async function shakeWith(options: TlsOptions, secured?: (socket: TLSSocket) => void): Promise<Shaken> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => undefined);
    secured?.(socket);
  });
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, HOST), 'listening');
  const socket = connect((server.address() as AddressInfo).port, HOST);
  await once(socket, 'connect');
  const budget = startBudget(systemTimer, 5000, new AbortController().signal);
  onTestFinished(() => {
    budget.release();
    socket.destroy();
    server.close();
  });
  return { socket, result: await shakeHands(socket, { serverName: 'dual.test' }, budget) };
}

function securedOf({ result }: Shaken): TLSSocket {
  if (result.outcome !== 'secured') throw new Error(JSON.stringify(result));
  return result.socket;
}

describe('a host cannot make a handshake dear', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('by a long chain of certificates in %s', async (version) => {
    const cert = `${String(ecdsa.cert)}\n`.repeat(60);
    const { result, socket } = await shakeWith({ key: ecdsa.key, cert, maxVersion: version });
    expect(result).toEqual({
      outcome: 'tls-failed',
      kind: 'handshake',
      code: 'ERR_HANDSHAKE_TOO_LONG',
      detail: 'more than 16 kB came before the handshake was over, so it was given up',
    });
    expect(socket.destroyed).toBe(true);
  });

  test('by Diffie-Hellman over a prime of its own', async () => {
    const options = { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256', dhparam: 'auto' } as const;
    const { result } = await shakeWith({ ...rsa, ...options });
    expect(result).toMatchObject({ outcome: 'tls-failed', kind: 'handshake' });
  });

  test('by Diffie-Hellman over the longest prime of TLS 1.3', async () => {
    const { result } = await shakeWith({ ...ecdsa, minVersion: 'TLSv1.3', ecdhCurve: 'ffdhe8192' });
    expect(result).toMatchObject({ outcome: 'tls-failed', kind: 'handshake' });
  });

  test('by asking for it again', async () => {
    let again: Promise<'done' | 'refused'> | undefined;
    const shaken = await shakeWith({ ...ecdsa, maxVersion: 'TLSv1.2' }, (socket) => {
      again = new Promise((resolve) => {
        socket.once('close', () => resolve('refused'));
        socket.renegotiate({ rejectUnauthorized: false }, (error) =>
          resolve(error === null ? 'done' : 'refused'),
        );
      });
    });
    const secured = securedOf(shaken);
    secured.on('error', () => undefined).resume();
    while (again === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(await again).toBe('refused');
  });
});

describe('a handshake is still made', () => {
  test('with a chain of 10 kB', async () => {
    const cert = `${String(ecdsa.cert)}\n`.repeat(Math.floor(10_000 / derBytes(ecdsa)));
    expect((await shakeWith({ key: ecdsa.key, cert })).result.outcome).toBe('secured');
  });

  test.each(['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA'])(
    'with an old server that has only %s',
    async (cipher) => {
      const { result } = await shakeWith({ ...rsa, maxVersion: 'TLSv1.2', ciphers: cipher });
      expect(result).toMatchObject({ outcome: 'secured', facts: { protocol: 'TLSv1.2', cipher } });
    },
  );

  test.each(['X25519', 'P-256', 'P-384', 'P-521'])('over %s', async (curve) => {
    expect((await shakeWith({ ...ecdsa, ecdhCurve: curve })).result.outcome).toBe('secured');
  });
});

test('what comes after the handshake may be longer than the handshake, both ways', async () => {
  const sent = Buffer.alloc(300_000, 'a');
  let heard = 0;
  const shaken = await shakeWith(ecdsa, (socket) => {
    socket.on('data', (chunk) => {
      heard += chunk.length;
    });
    socket.once('end', () => socket.end(sent));
  });
  const secured = securedOf(shaken);
  secured.write(sent);
  const chunks: Buffer[] = [];
  secured.on('data', (chunk: Buffer) => chunks.push(chunk));
  secured.end();
  await once(secured, 'close');
  expect(heard).toBe(sent.length);
  expect(Buffer.concat(chunks)).toHaveLength(sent.length);
  expect(shaken.socket.destroyed).toBe(true);
});

function derBytes({ cert }: TlsCredentials): number {
  return (String(cert).replace(/-----[^-]+-----|\s/g, '').length * 3) / 4;
}
