import type {
  AlpnFailure,
  CertificateFailure,
  CertificateFault,
  TlsFailure,
} from '../protocol/validation-failure.ts';
import { endpoint, isLiteralAddress, rightOverIpv4 } from './address-origin.ts';
import { earlierWords } from './connection-words.ts';
import { excerpt } from './wording.ts';

/** A list of names fits that has more of them than anybody would put there by mistake. */
const NAMES_AT_MOST = 120;

/**
 * What is wrong with what a server showed for tls-alpn-01 (RFC 8737 section 3), with the phrases that users of Let's Encrypt
 * search for.
 */
export function certificateWords(failure: AlpnFailure | CertificateFailure): string {
  return `${judgement(failure)}${earlierWords(failure)}`;
}

function judgement(failure: AlpnFailure | CertificateFailure): string {
  const at = endpoint(failure.address, failure.port);
  if (failure.class === 'alpn') {
    const got = failure.negotiated === undefined ? 'none' : `"${failure.negotiated}"`;
    return `Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge: ${at} completed the TLS handshake for ${failure.hostname} with ${got}`;
  }
  if (failure.fault === 'absent')
    return `No certs presented for tls-alpn-01 challenge: ${at} completed the TLS handshake for ${failure.hostname} without one`;
  return `Incorrect validation certificate for tls-alpn-01 challenge. Requested ${failure.hostname} from ${at}. ${faultWords(failure.fault, failure)}`;
}

/** The same in a few words, for the end of a story that has told what was compared. */
export function certificateVerdict(failure: CertificateFailure): string {
  const at = endpoint(failure.address, failure.port);
  switch (failure.fault) {
    case 'absent':
      return `no certificate at ${at}`;
    case 'wrong-digest':
      return `not the validation certificate at ${at}`;
    default: {
      const why = faultWords(failure.fault, failure);
      return `not the validation certificate at ${at}: ${why.charAt(0).toLowerCase()}${why.slice(1)}`;
    }
  }
}

function faultWords(
  fault: Exclude<CertificateFault, 'absent'>,
  { detail = '', expected = '', received = '' }: CertificateFailure,
): string {
  switch (fault) {
    case 'unreadable':
      return `The certificate cannot be read: ${detail}`;
    case 'not-self-signed':
      return `It must be self-signed, and is not: ${detail}`;
    case 'repeated-extension':
      return `No extension may stand in it twice: ${detail}`;
    case 'no-subject-alt-name':
      return `It has no subjectAltName extension, which must hold "${expected}" alone`;
    case 'wrong-subject-alt-name':
      return received === ''
        ? `Its subjectAltName extension must hold "${expected}" alone, and cannot be read: ${detail}`
        : `Its subjectAltName extension must hold "${expected}" alone, and holds "${excerpt(received, NAMES_AT_MOST)}"`;
    case 'no-acme-identifier':
      return 'It has no acmeIdentifier extension (1.3.6.1.5.5.7.1.31): it is no validation certificate';
    case 'acme-identifier-not-critical':
      return 'Its acmeIdentifier extension (1.3.6.1.5.5.7.1.31) must be critical, and is not';
    case 'acme-identifier-malformed':
      return `Its acmeIdentifier extension (1.3.6.1.5.5.7.1.31) must hold an OCTET STRING of 32 bytes: ${detail}`;
    case 'wrong-digest':
      return `Its acmeIdentifier extension must hold the SHA-256 digest of the key authorization, ${expected}, and holds ${received}`;
  }
}

/** What to change about the protocol or the certificate of a server that TLS could be spoken with. */
export function hintForCertificate(failure: AlpnFailure | CertificateFailure): string {
  return `${failure.class === 'alpn' ? SPEAK_ALPN : faultHint(failure)}${rightOverIpv4(failure)}`;
}

const SPEAK_ALPN =
  'Let the ACME client itself answer there while it validates, or a server that answers "acme-tls/1" with the client\'s validation certificate; an ordinary web server is the usual reason.';
const CHOOSE_BY_PROTOCOL =
  'The server must choose the certificate by the protocol "acme-tls/1": this is one for its other visitors.';
const MAKE_ANEW = 'Make the validation certificate as RFC 8737 section 3 says.';

function faultHint({ fault, hostname }: CertificateFailure): string {
  switch (fault) {
    case 'absent':
      return 'Let the server show the validation certificate to whoever offers "acme-tls/1".';
    case 'not-self-signed':
    case 'no-acme-identifier':
      return CHOOSE_BY_PROTOCOL;
    case 'unreadable':
    case 'repeated-extension':
      return MAKE_ANEW;
    case 'no-subject-alt-name':
    case 'wrong-subject-alt-name':
      return isLiteralAddress(hostname)
        ? 'Make one validation certificate for each identifier, with an iPAddress entry for an address (RFC 8738 section 4).'
        : 'Make one validation certificate for each name, with that name and no other in it.';
    case 'acme-identifier-not-critical':
      return 'Mark the extension critical (RFC 8737 section 3).';
    case 'acme-identifier-malformed':
      return 'Put the digest of the key authorization there: 32 bytes, neither in hexadecimal nor in base64 (RFC 8737 section 3).';
    case 'wrong-digest':
      return 'Show the certificate of this challenge; the usual reasons are the certificate of an older one, the key of another account, or another ACME client.';
  }
}

/** What to change where tls-alpn-01 connected and no TLS connection came about. */
export function hintForHandshake(failure: TlsFailure): string {
  return `${handshakeHint(failure)}${rightOverIpv4(failure)}`;
}

function handshakeHint({ kind, address, port }: TlsFailure): string {
  const there = port === undefined ? address : `${address} port ${port}`;
  switch (kind) {
    case 'no-alpn':
      return SPEAK_ALPN;
    case 'not-tls':
      return `Let the ACME client answer TLS at ${there}: what stands in front of it must pass TLS on unopened.`;
    case 'version':
      return `Make the server at ${there} speak TLS 1.2 or 1.3.`;
    case 'timeout':
      return `What listens at ${there} takes connections and does not answer in time: see its load and log.`;
    case 'closed':
      return `The log of the server at ${there} may say why it ended the connection.`;
    case 'handshake':
      return `The log of the server at ${there} may say why; it must answer the name that it is asked for (SNI) with a certificate.`;
  }
}
