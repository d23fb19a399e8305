import type { Identifier } from '../protocol/identifier.ts';

/** What a certificate is to be made from; everything in it has been checked by then. Times are milliseconds since 1970. */
export interface IssuanceRequest {
  /** DER SubjectPublicKeyInfo of the CSR. */
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly identifiers: readonly Identifier[];
  /** Absent for an empty subject. */
  readonly commonName?: string;
  readonly notBefore?: number;
  readonly notAfter?: number;
}

export interface IssuedCertificate {
  readonly der: Uint8Array;
  /** The leaf, then its issuers without the root. */
  readonly chainPem: string;
  /** Lower-case hex, an even number of digits. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The certification authority as registration sees it. */
export interface CertificateIssuer {
  /** Prepares and signs. `now` is milliseconds since 1970 of the CA's calendar. */
  issue(request: IssuanceRequest, now: number): Promise<IssuedCertificate>;
  /** The longest validity, in milliseconds, that the profile gives. */
  readonly lifetimeMs: number;
}
