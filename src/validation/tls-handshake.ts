import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { TlsFailureKind } from '../protocol/validation-failure.ts';
import type { TlsFacts } from '../protocol/validation-record.ts';
import type { Budget } from './budget.ts';
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
    const secured = connect({
      socket,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
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
    secured.once('secureConnect', () =>
      settle({ outcome: 'secured', socket: secured, facts: factsOf(secured, serverName) }),
    );
    if (budget.signal.aborted) onAbort();
  });
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
  if (code.startsWith('ERR_SSL_')) return { ...failure, kind: 'handshake' };
  const detail = error.syscall === undefined ? 'the connection was closed' : 'the connection was reset';
  return { ...failure, kind: 'closed', detail };
}

/** OpenSSL's reason without its numbers and files, for instance `ssl/tls alert handshake failure`. */
function reasonOf(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return printableText(reason);
}
