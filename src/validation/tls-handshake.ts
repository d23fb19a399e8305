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

/**
 * Speaks TLS 1.2 or better over a dialled socket. The certificate is not judged: a host that needs its first certificate
 * has none that could be trusted (Let's Encrypt does the same on redirects to https). `serverName` is the host's name, and
 * absent for an address, which RFC 6066 section 3 does not allow there. Never rejects; the caller destroys `socket`.
 */
export function shakeHands(
  socket: Socket,
  serverName: string | undefined,
  budget: Budget,
): Promise<HandshakeResult> {
  return new Promise((resolve) => {
    const secured = connect({
      socket,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ...(serverName === undefined ? {} : { servername: serverName }),
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
    secured.on('error', (error: NodeJS.ErrnoException) => settle(failedHandshake(error)));
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

/** Names an error of OpenSSL, or of the connection under it, by its code. */
export function failedHandshake(error: NodeJS.ErrnoException): FailedHandshake {
  const code = error.code ?? 'unknown';
  const failure = { outcome: 'tls-failed', code, detail: reasonOf(error) } as const;
  if (VERSION_CODES.includes(code)) return { ...failure, kind: 'version' };
  if (NOT_TLS_CODES.includes(code)) return { ...failure, kind: 'not-tls' };
  if (code.startsWith('ERR_SSL_')) return { ...failure, kind: 'handshake' };
  const detail = error.syscall === undefined ? 'the connection was closed' : 'the connection was reset';
  return { ...failure, kind: 'closed', detail };
}

/** OpenSSL's reason without its numbers and files, for instance `ssl/tls alert handshake failure`. */
function reasonOf(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return printableText(reason);
}
