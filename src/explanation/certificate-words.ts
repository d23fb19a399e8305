import type { AlpnFailure, CertificateFailure } from '../protocol/validation-failure.ts';
import { endpoint } from './address-origin.ts';

/** What is wrong with what a server showed for tls-alpn-01 (RFC 8737 section 3). */
export function certificateWords(failure: AlpnFailure | CertificateFailure): string {
  const at = endpoint(failure.address, failure.port);
  if (failure.class === 'alpn') {
    const got = failure.negotiated === undefined ? 'none' : `"${failure.negotiated}"`;
    return `Cannot negotiate ALPN protocol "acme-tls/1" for tls-alpn-01 challenge with ${at} (agreed on ${got})`;
  }
  return `Incorrect validation certificate for tls-alpn-01 challenge from ${at}: ${failure.detail}`;
}

export function hintForCertificate(failure: AlpnFailure | CertificateFailure): string {
  return failure.class === 'alpn'
    ? 'Let what listens there answer the protocol "acme-tls/1" with the validation certificate; a web server beside the ACME client is the usual reason.'
    : 'Let the ACME client answer there, with the certificate that it made for this challenge.';
}
