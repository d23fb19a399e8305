import { generateKeyPairSync } from 'node:crypto';
import { encodeOctetString } from '../../src/x509/der-writer.ts';
import type { CertificateParts } from '../support/validation-certificate.ts';
import { acmeIdentifier, digestOf, names, validationCertificate } from '../support/validation-certificate.ts';
import type { FailureCase } from './failure-case.ts';
import { BOTH, CONNECTS_V4, FINDS_BOTH_FOR_ALPN, HOST, OR_NO_AAAA, V4, V6 } from './failure-case.ts';
import type { Service } from './services.ts';
import { alpn } from './services.ts';

const QUESTION = { challengeType: 'tls-alpn-01' } as const;

/** The right certificate, but the protocol is another. */
const speaking = (...protocols: readonly string[]): Service =>
  alpn(validationCertificate, { ALPNProtocols: [...protocols] });
const speakingNone = alpn(validationCertificate, { ALPNProtocols: undefined });

const ALPN: readonly FailureCase[] = [
  {
    what: 'an ordinary TLS server agrees on no protocol',
    is: 'wrong-alpn',
    code: 'unauthorized',
    detail:
      'Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge: 127.0.0.1:5001 completed the TLS handshake for dual.test with none. Let the ACME client itself answer there while it validates, or a server that answers "acme-tls/1" with the client\'s validation certificate; an ordinary web server is the usual reason.',
    steps: [...CONNECTS_V4, 'certificate over no protocol: DNS:dual.test'],
    question: QUESTION,
    servers: { [`${V4} https`]: speakingNone },
  },
  {
    what: 'a web server knows h2 and http/1.1 alone, and says so',
    is: 'wrong-alpn',
    code: 'tls',
    detail:
      '127.0.0.1: remote error: tls: tlsv1 alert no application protocol: the server does not speak the protocol "acme-tls/1" (TLS). Let the ACME client itself answer there while it validates, or a server that answers "acme-tls/1" with the client\'s validation certificate; an ordinary web server is the usual reason.',
    steps: [...CONNECTS_V4, 'handshake failed: no-alpn'],
    question: QUESTION,
    servers: { [`${V4} https`]: speaking('h2', 'http/1.1') },
  },
  {
    what: 'an ordinary TLS server answers over IPv6, though IPv4 is there',
    is: 'wrong-alpn',
    code: 'unauthorized',
    detail: `Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge: [::1]:5001 completed the TLS handshake for dual.test with none. Only http-01 is retried over IPv4 [http-01-only]. Let the ACME client itself answer there while it validates, or a server that answers "acme-tls/1" with the client's validation certificate; an ordinary web server is the usual reason. ${OR_NO_AAAA}`,
    steps: [
      ...FINDS_BOTH_FOR_ALPN,
      'dial ::1: connected',
      'certificate over no protocol: DNS:dual.test',
      'no retry [http-01-only]',
    ],
    zone: BOTH,
    question: QUESTION,
    servers: { [`${V6} https`]: speakingNone },
  },
];

/** The server shows a certificate with these parts; `says` is what the detail says of it. */
function shows(
  what: string,
  parts: CertificateParts,
  says: string,
  { names: shown = `DNS:${HOST}`, ...more }: Partial<FailureCase> & { readonly names?: string } = {},
): FailureCase {
  return {
    what,
    is: 'wrong-certificate',
    code: 'unauthorized',
    detail: `Incorrect validation certificate for tls-alpn-01 challenge. Requested ${HOST} from 127.0.0.1:5001. ${says}`,
    steps: [...CONNECTS_V4, `certificate over acme-tls/1: ${shown}`],
    question: QUESTION,
    servers: { [`${V4} https`]: alpn(() => validationCertificate(parts)) },
    ...more,
  };
}

const own = names([HOST]);
const OTHER_VISITORS =
  'The server must choose the certificate by the protocol "acme-tls/1": this is one for its other visitors.';
const ONE_NAME = 'Make one validation certificate for each name, with that name and no other in it.';

const CERTIFICATE: readonly FailureCase[] = [
  shows(
    "the certificate is the web site's",
    { extensions: [own] },
    `It has no acmeIdentifier extension (1.3.6.1.5.5.7.1.31): it is no validation certificate. ${OTHER_VISITORS}`,
  ),
  shows(
    'the certificate is for another name',
    { extensions: [names(['other.test']), acmeIdentifier()] },
    `Its subjectAltName extension must hold "DNS:dual.test" alone, and holds "DNS:other.test". ${ONE_NAME}`,
    { names: 'DNS:other.test' },
  ),
  shows(
    'the certificate is for two names',
    { extensions: [names([HOST, `www.${HOST}`]), acmeIdentifier()] },
    `Its subjectAltName extension must hold "DNS:dual.test" alone, and holds "DNS:dual.test, DNS:www.dual.test". ${ONE_NAME}`,
    { names: 'DNS:dual.test, DNS:www.dual.test' },
  ),
  shows(
    'the certificate has no subjectAltName',
    { extensions: [acmeIdentifier()] },
    `It has no subjectAltName extension, which must hold "DNS:dual.test" alone. ${ONE_NAME}`,
    { names: 'no name' },
  ),
  shows(
    "the certificate has another challenge's digest",
    { extensions: [own, acmeIdentifier(encodeOctetString(digestOf('token.other-thumbprint')))] },
    'Its acmeIdentifier extension must hold the SHA-256 digest of the key authorization, 94233b719c905dc5472b69e75b78e3021353dc5be6d7c50dfa45996649caa183, and holds c13f2257f5ffb99d18f363db0142ef182b97385387d980eb8c732c8001a82252. Show the certificate of this challenge; the usual reasons are the certificate of an older one, the key of another account, or another ACME client.',
    { steps: [...CONNECTS_V4, 'certificate over acme-tls/1: DNS:dual.test', 'compare: different'] },
  ),
  shows(
    'the digest is in hexadecimal',
    {
      extensions: [
        own,
        acmeIdentifier(encodeOctetString(Buffer.from(Buffer.from(digestOf()).toString('hex')))),
      ],
    },
    'Its acmeIdentifier extension (1.3.6.1.5.5.7.1.31) must hold an OCTET STRING of 32 bytes: It has one of 64 bytes. Put the digest of the key authorization there: 32 bytes, neither in hexadecimal nor in base64 (RFC 8737 section 3).',
  ),
  shows(
    'the acmeIdentifier is not critical',
    { extensions: [own, acmeIdentifier(undefined, false)] },
    'Its acmeIdentifier extension (1.3.6.1.5.5.7.1.31) must be critical, and is not. Mark the extension critical (RFC 8737 section 3).',
  ),
  shows(
    'the acmeIdentifier is there twice',
    { extensions: [own, acmeIdentifier(), acmeIdentifier()] },
    'No extension may stand in it twice: 1.3.6.1.5.5.7.1.31 stands there twice. Make the validation certificate as RFC 8737 section 3 says.',
  ),
  shows(
    'the certificate is signed by another key',
    { signer: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
    `It must be self-signed, and is not: its own key did not make its signature. ${OTHER_VISITORS}`,
  ),
  shows('the certificate of an IP identifier is for its name', { extensions: [own, acmeIdentifier()] }, '', {
    detail:
      'Incorrect validation certificate for tls-alpn-01 challenge. Requested 127.0.0.1 from 127.0.0.1:5001. Its subjectAltName extension must hold "IP:127.0.0.1" alone, and holds "DNS:dual.test". Make one validation certificate for each identifier, with an iPAddress entry for an address (RFC 8738 section 4).',
    steps: [`plan ${V4}`, `dial ${V4}: connected`, 'certificate over acme-tls/1: DNS:dual.test'],
    question: { ...QUESTION, identifier: { type: 'ip', value: V4 } },
  }),
];

export const TLS_ALPN_CASES: readonly FailureCase[] = [...ALPN, ...CERTIFICATE];
