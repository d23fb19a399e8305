import type { KeyObject } from 'node:crypto';
import type { Randomness } from '../runtime/randomness.ts';
import { encodeTbsCertificate, signCertificate } from '../x509/certificate-builder.ts';
import { exportPublicKey } from '../x509/create-csr.ts';
import { encodeName } from '../x509/distinguished-name.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyUsage,
  subjectKeyIdentifier,
} from '../x509/extensions.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import { signingAlgorithmOf } from '../x509/signature-algorithm.ts';
import { randomSerial } from './serial.ts';

const DAY_MS = 86_400_000;

export interface AuthorityCertificateRequest {
  /** What the name begins with; six hex digits of the key follow, so that a key always has the same name. */
  readonly title: string;
  readonly key: KeyObject;
  /** Absent for a self-signed root. */
  readonly issuer?: {
    readonly key: KeyObject;
    /** DER Name. */
    readonly subject: Uint8Array;
    readonly keyIdentifier: Uint8Array;
  };
  /** How many authorities may follow below. Absent for any number. */
  readonly pathLength?: number;
  readonly lifetimeDays: number;
  /** No later than this, milliseconds since 1970. */
  readonly notAfterLimit?: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly randomness: Randomness;
}

/**
 * Makes the DER of a certificate authority's certificate (RFC 5280 sections 4.2.1.1 to 4.2.1.3 and 4.2.1.9), valid from a
 * day before `now`, so that no certificate below it begins earlier.
 */
export function makeAuthorityCertificate(request: AuthorityCertificateRequest): Uint8Array {
  const { key, issuer, now } = request;
  const subjectPublicKeyInfo = exportPublicKey(key);
  const identifier = keyIdentifier(subjectPublicKeyInfo);
  const subject = encodeName(`${request.title} ${Buffer.from(identifier).toString('hex').slice(0, 6)}`);
  const signingKey = issuer?.key ?? key;
  const notAfter = now + request.lifetimeDays * DAY_MS;
  const tbs = encodeTbsCertificate({
    serial: randomSerial(request.randomness),
    signatureAlgorithm: signingAlgorithmOf(signingKey),
    issuer: issuer?.subject ?? subject,
    notBefore: now - DAY_MS,
    notAfter: Math.min(notAfter, request.notAfterLimit ?? notAfter),
    subject,
    subjectPublicKeyInfo,
    extensions: [
      keyUsage(['keyCertSign', 'cRLSign']),
      basicConstraints({
        ca: true,
        ...(request.pathLength === undefined ? {} : { pathLength: request.pathLength }),
      }),
      subjectKeyIdentifier(identifier),
      authorityKeyIdentifier(issuer?.keyIdentifier ?? identifier),
    ],
  });
  return signCertificate(tbs, signingKey);
}
