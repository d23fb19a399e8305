import type { KeyObject } from 'node:crypto';
import type { ParsedCertificate } from '../x509/certificate.ts';

/** A certificate with what it says. */
export interface CertificateFile {
  readonly der: Uint8Array;
  readonly facts: ParsedCertificate;
}

/** A root; its key is needed only to make an intermediate. */
export interface RootAuthority extends CertificateFile {
  readonly key: KeyObject | undefined;
}

/** The intermediate that signs, with the certificates that lead from it towards the root. */
export interface SigningAuthority extends CertificateFile {
  readonly key: KeyObject;
  /** DER, the intermediate's own first, without the root. */
  readonly chain: readonly Uint8Array[];
}

/** Keys or certificates that cannot be used. The message names the setting or the file, and what to do. */
export class AuthorityFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AuthorityFileError';
  }
}
