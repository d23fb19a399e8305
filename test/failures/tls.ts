import { createServer as createTlsServer } from 'node:tls';
import { fatalAlert, serverHello } from '../support/raw-tls.ts';
import type { FailureCase } from './failure-case.ts';
import { BOTH, CONNECTS_V4, FINDS_BOTH_FOR_ALPN, FOLLOWS, HOST, OR_NO_AAAA, V4, V6 } from './failure-case.ts';
import type { Service } from './services.ts';
import { closes, raw, redirects, says, serves, silent } from './services.ts';

const TO_HTTPS = { [`${V4} http`]: redirects(`https://${HOST}/x`) };
const BY_TLS_ALPN = { challengeType: 'tls-alpn-01' } as const;
const QUICKLY = { responseTimeoutMs: 200 } as const;

type Expected = Pick<FailureCase, 'is' | 'code'> & {
  /** What the detail says behind the place. */
  readonly says: string;
  /** How the handshake fails. */
  readonly kind: string;
} & Partial<FailureCase>;

/** What listens for https does not speak TLS as it should. */
function onHop(what: string, service: Service, { says: words, kind, ...more }: Expected): FailureCase {
  return {
    what: `a redirect leads to https, where ${what}`,
    detail: `${V4}: Fetching https://${HOST}:5001/x: ${words}`,
    steps: [...FOLLOWS, ...CONNECTS_V4, `tls failed: ${kind}`],
    servers: { ...TO_HTTPS, [`${V4} https`]: service },
    ...more,
  };
}

function byTlsAlpn(what: string, service: Service, { says: words, kind, ...more }: Expected): FailureCase {
  return {
    what: `for tls-alpn-01, ${what}`,
    detail: `${V4}: ${words}`,
    steps: [...CONNECTS_V4, `handshake failed: ${kind}`],
    question: BY_TLS_ALPN,
    servers: { [`${V4} https`]: service },
    ...more,
  };
}

const withoutCertificate = raw(
  (socket) =>
    void createTlsServer()
      .on('tlsClientError', () => undefined)
      .emit('connection', socket),
);

const REPAIR =
  'Repair TLS there (any certificate will do, also a self-signed one), or do not redirect to https.';
const TIMED_OUT =
  'Timeout after connect (your server may be slow or overloaded): the TLS handshake did not end in time (TLS).';

const HANDSHAKE: readonly FailureCase[] = [
  onHop('the server has no certificate', withoutCertificate, {
    is: 'tls-handshake',
    code: 'tls',
    says: `remote error: tls: ssl/tls alert handshake failure (TLS). ${REPAIR}`,
    kind: 'handshake',
  }),
  onHop('the server closes the connection', closes, {
    is: 'tls-handshake',
    code: 'connection',
    says: `Error getting validation data: the connection was closed during the TLS handshake (TLS). ${REPAIR}`,
    kind: 'closed',
  }),
  onHop('the server says nothing', silent, {
    is: 'tls-handshake',
    code: 'connection',
    says: `${TIMED_OUT} ${REPAIR}`,
    kind: 'timeout',
    settings: QUICKLY,
  }),
  byTlsAlpn('the server does not know the name', says(fatalAlert(112)), {
    is: 'tls-handshake',
    code: 'tls',
    says: 'remote error: tls: tlsv1 unrecognized name (TLS). The log of the server at 127.0.0.1 port 5001 may say why; it must answer the name that it is asked for (SNI) with a certificate.',
    kind: 'handshake',
  }),
  byTlsAlpn('the server closes the connection', closes, {
    is: 'tls-handshake',
    code: 'connection',
    says: 'Error getting validation data: the connection was closed during the TLS handshake (TLS). The log of the server at 127.0.0.1 port 5001 may say why it ended the connection.',
    kind: 'closed',
  }),
  byTlsAlpn('the server says nothing, over IPv6 though IPv4 is there', silent, {
    is: 'tls-handshake',
    code: 'connection',
    says: '',
    detail: `::1: ${TIMED_OUT} Only http-01 is retried over IPv4 [http-01-only]. What listens at ::1 port 5001 takes connections and does not answer in time: see its load and log. ${OR_NO_AAAA}`,
    kind: 'timeout',
    steps: [
      ...FINDS_BOTH_FOR_ALPN,
      `dial ${V6}: connected`,
      'handshake failed: timeout',
      'no retry [http-01-only]',
    ],
    settings: QUICKLY,
    zone: BOTH,
    servers: { [`${V6} https`]: silent },
  }),
];

const OLD = 'tls: the server does not speak TLS 1.2 or better';
const VERSION: readonly FailureCase[] = [
  onHop('the server refuses TLS 1.2 and 1.3', says(fatalAlert(70)), {
    is: 'tls-version',
    code: 'tls',
    says: `${OLD} (tlsv1 alert protocol version) (TLS). Make the server at 127.0.0.1 speak TLS 1.2 or 1.3.`,
    kind: 'version',
  }),
  byTlsAlpn('the server chooses TLS 1.1', says(serverHello('1.1')), {
    is: 'tls-version',
    code: 'tls',
    says: `${OLD} (unsupported protocol) (TLS). Make the server at 127.0.0.1 port 5001 speak TLS 1.2 or 1.3.`,
    kind: 'version',
  }),
  byTlsAlpn('the server refuses TLS 1.2 and 1.3', says(fatalAlert(70)), {
    is: 'tls-version',
    code: 'tls',
    says: `${OLD} (tlsv1 alert protocol version) (TLS). Make the server at 127.0.0.1 port 5001 speak TLS 1.2 or 1.3.`,
    kind: 'version',
  }),
];

const ONLY_HTTP = 'Error getting validation data: Server only speaks HTTP, not TLS, on this port (TLS).';
const PASS_ON =
  'Let the ACME client answer TLS at 127.0.0.1 port 5001: what stands in front of it must pass TLS on unopened.';
const NOT_TLS: readonly FailureCase[] = [
  onHop('the server speaks plain HTTP', serves, {
    is: 'not-tls',
    code: 'connection',
    says: `${ONLY_HTTP} Make the server at 127.0.0.1 speak TLS on this port, or do not redirect to https.`,
    kind: 'not-tls',
  }),
  byTlsAlpn('the server speaks plain HTTP', says('HTTP/1.1 400 Bad Request\r\n\r\n'), {
    is: 'not-tls',
    code: 'connection',
    says: `${ONLY_HTTP} ${PASS_ON}`,
    kind: 'not-tls',
  }),
  byTlsAlpn(
    'a server of SSH listens',
    raw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')),
    {
      is: 'not-tls',
      code: 'connection',
      says: `${ONLY_HTTP} ${PASS_ON}`,
      kind: 'not-tls',
    },
  ),
];

export const TLS_CASES: readonly FailureCase[] = [...HANDSHAKE, ...VERSION, ...NOT_TLS];
