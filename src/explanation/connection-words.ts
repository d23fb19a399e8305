import type { DialFailureKind } from '../protocol/dial.ts';
import type {
  ConnectFailure,
  EarlierAttempt,
  EndedAttempt,
  ExchangeFailure,
  ExchangeFailureKind,
  TlsFailure,
  TlsFailureKind,
} from '../protocol/validation-failure.ts';
import { duration, quoted } from './wording.ts';

const DIAL_WORDS: Readonly<Record<DialFailureKind, string>> = {
  timeout: 'Timeout during connect (likely firewall problem)',
  refused: 'Connection refused',
  'host-unreachable': 'Host unreachable',
  'network-unreachable': 'Network unreachable',
  reset: 'Connection reset by peer',
  other: 'Error getting validation data',
};

/** A dial that failed, with the phrases that users of Let's Encrypt search for. */
export function connectWords(failure: ConnectFailure): string {
  const after = failure.kind === 'timeout' ? ` after ${duration(failure.budgetMs)}` : '';
  const who = isProhibited(failure) ? ': administratively prohibited, as a firewall says it' : '';
  // The other words say what the operating system's code says.
  const code = failure.kind === 'other' && failure.code !== undefined ? ` (${failure.code})` : '';
  const words = `${DIAL_WORDS[failure.kind]}${after}${code}${who}`;
  return `${words}${earlierWords(failure)}`;
}

/** True where somebody refused to let the packet pass: RFC 4443 section 3.1, ICMPv6 codes 1, 5 and 6. */
export function isProhibited({ code }: ConnectFailure): boolean {
  return code === 'EACCES';
}

/** The attempt before this one, for the end of a sentence, or nothing. */
export function earlierWords({ earlier }: EndedAttempt): string {
  return earlier === undefined ? '' : `; before that, ${earlier.address}: ${earlierCause(earlier)}`;
}

function earlierCause(earlier: EarlierAttempt): string {
  if (earlier.kind !== 'tls') return DIAL_WORDS[earlier.kind];
  return earlier.tls === 'no-certificate' ? 'no certificate' : TLS_WORDS[earlier.tls];
}

const TLS_WORDS: Readonly<Record<TlsFailureKind, string>> = {
  handshake: 'the TLS handshake failed',
  version: 'no TLS 1.2 or better',
  'no-alpn': 'no protocol "acme-tls/1"',
  timeout: 'the TLS handshake did not end in time',
  closed: 'the connection ended during the TLS handshake',
  'not-tls': 'no TLS on this port',
};

const EXCHANGE_WORDS: Readonly<Record<Exclude<ExchangeFailureKind, 'silent' | 'slow'>, string>> = {
  reset: 'Connection reset by peer before the answer was complete',
  closed: 'Error getting validation data: the server closed the connection before the answer was complete',
  'not-http': 'Error getting validation data: what came back is not a proper HTTP/1 response',
  http2: 'Server is speaking HTTP/2 over HTTP: validation speaks HTTP/1.1',
  'headers-too-long': 'Error getting validation data: the headers of the answer are too long',
};

/** An exchange that failed on a connection that stood. */
export function exchangeWords(failure: ExchangeFailure): string {
  return failure.phase === 'body'
    ? `Error reading HTTP response body: ${bodyFaultWords(failure)}`
    : answerFaultWords(failure);
}

function answerFaultWords({ kind, budgetMs, code, start }: ExchangeFailure): string {
  const within = budgetMs === undefined ? 'in time' : `within ${duration(budgetMs)}`;
  switch (kind) {
    case 'silent':
      return `${SLOW}: no byte of an answer came ${within}`;
    case 'slow':
      return `${SLOW}: the answer was not complete ${within}`;
    case 'not-http':
      if (start !== undefined) return `${EXCHANGE_WORDS[kind]}: ${quoted(start)}`;
      return `${EXCHANGE_WORDS[kind]}${code === undefined ? '' : ` (${code})`}`;
    default:
      return EXCHANGE_WORDS[kind];
  }
}

const SLOW = 'Timeout after connect (your server may be slow or overloaded)';

function bodyFaultWords(failure: ExchangeFailure): string {
  const { kind, body } = failure;
  const bytes =
    body === undefined
      ? undefined
      : `${body.of === undefined ? '' : `${body.bytes} of `}${body.of ?? body.bytes} bytes`;
  const after = bytes === undefined ? '' : ` after ${bytes}`;
  if (kind === 'reset') return `Connection reset by peer${after}`;
  if (kind === 'closed') return `the server closed the connection${after}`;
  const came = kind !== 'slow' || bytes === undefined ? '' : `: ${bytes} came`;
  return `${answerFaultWords(failure)}${came}`;
}

/** A TLS handshake that failed: of tls-alpn-01, or on a hop that a redirect to https led to. */
export function tlsWords(failure: TlsFailure): string {
  return `${handshakeWords(failure)}${earlierWords(failure)}`;
}

/** What OpenSSL calls the other side's alerts; its other reasons are about what that side sent. */
const ALERT = /^(?:sslv3 alert|ssl\/tls alert|tlsv1)/;

function handshakeWords({ kind, detail }: TlsFailure): string {
  switch (kind) {
    case 'handshake':
      return `${ALERT.test(detail) ? 'remote error: ' : ''}tls: ${detail}`;
    case 'version':
      return `tls: the server does not speak TLS 1.2 or better (${detail})`;
    case 'no-alpn':
      return `remote error: tls: ${detail}: the server does not speak the protocol "acme-tls/1"`;
    case 'timeout':
      return 'Timeout after connect (your server may be slow or overloaded): the TLS handshake did not end in time';
    case 'closed':
      return `Error getting validation data: ${detail} during the TLS handshake`;
    case 'not-tls':
      return 'Error getting validation data: Server only speaks HTTP, not TLS, on this port';
  }
}
