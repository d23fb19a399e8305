import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { TlsFailureKind } from '../protocol/validation-failure.ts';
import type { TlsFacts } from '../protocol/validation-record.ts';
import type { Budget } from './budget.ts';
import { meterSocket } from './metered-socket.ts';
import { printableText } from './printable.ts';

export interface FailedHandshake {
  readonly outcome: 'tls-failed';
  readonly kind: TlsFailureKind;
  readonly code?: string;
  readonly detail: string;
}

export type HandshakeResult =
  | { readonly outcome: 'secured'; readonly socket: TLSSocket; readonly facts: TlsFacts }
  | FailedHandshake
  | { readonly outcome: 'aborted' };

export interface HandshakeOptions {
  /** The host's name; absent for an address, which RFC 6066 section 3 does not allow there. */
  readonly serverName?: string;
  /** The one application protocol that is offered: RFC 7301. */
  readonly protocol?: string;
}

/**
 * What a host may send before the handshake is over. OpenSSL checks the signature of every certificate that it is shown, of
 * keys that the host chose to be slow, and Node has no way to stop it: so few are let through. A usual chain has 3 to 6 kB.
 */
const MAX_HANDSHAKE_BYTES = 16 * 1024;
const OVERRUN_CODE = 'ERR_HANDSHAKE_TOO_LONG';

/**
 * All that a handshake costs is paid where every request is served. Of Diffie-Hellman over a prime (RFC 8446 section 4.2.7
 * has it as ffdhe) the host picks the size, and Go and the browsers have none of it; RSA key exchange stays for old servers.
 */
const TLS_RULES = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:kRSA+AESGCM:kRSA+AES:!aNULL:!eNULL:!PSK:!SRP',
  ].join(':'),
  ecdhCurve: 'X25519:P-256:P-384:P-521',
  // RFC 5246 section 7.4.1.1 lets a client ignore it: one connection would be any number of handshakes.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;

/**
 * Speaks TLS 1.2 or better over a dialled socket. The certificate is not judged: a host that needs its first certificate
 * has none that could be trusted (Let's Encrypt does the same on redirects to https). Never rejects; the caller destroys
 * `socket`.
 */
export function shakeHands(
  socket: Socket,
  { serverName, protocol }: HandshakeOptions,
  budget: Budget,
): Promise<HandshakeResult> {
  // A connection can end between the dial and here, and is then no longer heard of.
  if (socket.destroyed) return Promise.resolve(endedBefore(socket));
  return new Promise((resolve) => {
    const metered = meterSocket(socket, MAX_HANDSHAKE_BYTES, handshakeTooLong);
    const secured = connect({
      ...TLS_RULES,
      socket: metered.stream,
      rejectUnauthorized: false,
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }),
    });
    const settle = (result: HandshakeResult) => {
      budget.signal.removeEventListener('abort', onAbort);
      if (result.outcome !== 'secured') secured.destroy();
      resolve(result);
    };
    const onAbort = () => {
      const detail = 'the handshake was not over in time';
      settle(budget.expired() ? { outcome: 'tls-failed', kind: 'timeout', detail } : { outcome: 'aborted' });
    };
    budget.signal.addEventListener('abort', onAbort, { once: true });
    // Stays for the life of the socket, so that a late error is never unhandled.
    secured.on('error', (error: NodeJS.ErrnoException) => settle(failedHandshake(error, protocol)));
    secured.once('close', () =>
      settle({ outcome: 'tls-failed', kind: 'closed', detail: 'the connection was closed' }),
    );
    secured.once('secureConnect', () => {
      metered.unlimit();
      settle({ outcome: 'secured', socket: secured, facts: factsOf(secured, serverName) });
    });
    if (budget.signal.aborted) onAbort();
  });
}

function handshakeTooLong(): NodeJS.ErrnoException {
  const text = `more than ${MAX_HANDSHAKE_BYTES / 1024} kB came before the handshake was over, so it was given up`;
  return Object.assign(new Error(text), { code: OVERRUN_CODE });
}

function factsOf(socket: TLSSocket, serverName: string | undefined): TlsFacts {
  const facts = { protocol: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name };
  return serverName === undefined ? facts : { ...facts, serverName };
}

const VERSION_CODES: readonly string[] = [
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
];
/** OpenSSL read a record header that is none: the other side does not speak TLS. */
const NOT_TLS_CODES: readonly string[] = [
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_RECORD_LAYER_FAILURE',
  'ERR_SSL_HTTP_REQUEST',
];

/** RFC 7301 section 3.2: what a server says that speaks none of the protocols offered. */
const NO_ALPN_CODE = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';

function endedBefore({ errored }: Socket): FailedHandshake {
  return errored === null
    ? { outcome: 'tls-failed', kind: 'closed', detail: 'the connection was closed' }
    : failedHandshake(errored);
}

/** Names an error of OpenSSL, or of the connection under it, by its code. `offered` is the protocol that was. */
export function failedHandshake(error: NodeJS.ErrnoException, offered?: string): FailedHandshake {
  const code = error.code ?? 'unknown';
  const failure = { outcome: 'tls-failed', code, detail: reasonOf(error) } as const;
  if (VERSION_CODES.includes(code)) return { ...failure, kind: 'version' };
  if (NOT_TLS_CODES.includes(code)) return { ...failure, kind: 'not-tls' };
  if (code === NO_ALPN_CODE && offered !== undefined) return { ...failure, kind: 'no-alpn' };
  if (code === OVERRUN_CODE || code.startsWith('ERR_SSL_')) return { ...failure, kind: 'handshake' };
  const detail = error.syscall === undefined ? 'the connection was closed' : 'the connection was reset';
  return { ...failure, kind: 'closed', detail };
}

/** OpenSSL's reason without its numbers and files, for instance `ssl/tls alert handshake failure`: before 3.2 it said `sslv3`. */
function reasonOf(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return printableText(reason.replace(/^sslv3 alert/, 'ssl/tls alert'));
}
