import type { Identifier } from '../protocol/identifier.ts';
import type { Randomness } from '../runtime/randomness.ts';
import type { EncodedTbsCertificate } from '../x509/certificate-builder.ts';
import { encodeTbsCertificate, signCertificate } from '../x509/certificate-builder.ts';
import { encodeName } from '../x509/distinguished-name.ts';
import { encodePem } from '../x509/pem.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import { signingAlgorithmOf } from '../x509/signature-algorithm.ts';
import type { SigningAuthority } from './authority.ts';
import type { CertificateIssuer, IssuanceRequest, IssuedCertificate } from './issuer.ts';
import { leafExtensions } from './leaf-profile.ts';
import { leafValidity } from './leaf-validity.ts';
import { randomSerial } from './serial.ts';

export interface CertificateIssuerDependencies {
  readonly authority: SigningAuthority;
  readonly lifetimeSeconds: number;
  /** Where the issuer's certificate is published; a function where the port is known only later. */
  readonly caIssuersUrl: string | (() => string);
  readonly randomness: Randomness;
}

/** A certificate that is ready to be signed, once, by the issuer that prepared it. */
export interface PreparedCertificate {
  /** A copy of the DER TBSCertificate, for lints to read. */
  readonly tbsCertificate: Uint8Array;
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The certification authority: prepares, and signs only what it prepared. */
export interface Issuer extends CertificateIssuer {
  /** Throws an Error when the certificate would outlive the issuer. `now` is milliseconds since 1970. */
  prepare(request: IssuanceRequest, now: number): PreparedCertificate;
  /** Throws an Error for anything but an unused answer of `prepare`. */
  sign(prepared: PreparedCertificate): IssuedCertificate;
  /** DER, for publication at the address in the certificates. */
  readonly issuerCertificateDer: Uint8Array;
}

/** Makes the issuer of leaf certificates. */
export function createCertificateIssuer(dependencies: CertificateIssuerDependencies): Issuer {
  const { authority, lifetimeSeconds, caIssuersUrl, randomness } = dependencies;
  const { facts, key, chain } = authority;
  const signatureAlgorithm = signingAlgorithmOf(key);
  const issuerKeyIdentifier = facts.subjectKeyIdentifier ?? keyIdentifier(facts.subjectPublicKeyInfo);
  const issuersPem = chain.map((der) => encodePem('CERTIFICATE', der)).join('');
  // What may be signed is kept here, out of reach of whoever holds the token: only bytes that were shown are signed.
  const unsigned = new WeakMap<PreparedCertificate, EncodedTbsCertificate>();

  function prepare(request: IssuanceRequest, now: number): PreparedCertificate {
    const validity = leafValidity(request, now, lifetimeSeconds);
    requireIssuerLasts(validity.notAfter, facts.notAfter);
    const serial = randomSerial(randomness);
    const tbs = encodeTbsCertificate({
      serial,
      signatureAlgorithm,
      issuer: facts.subject,
      ...validity,
      subject: encodeName(request.commonName),
      subjectPublicKeyInfo: request.subjectPublicKeyInfo,
      extensions: leafExtensions({
        subjectPublicKeyInfo: request.subjectPublicKeyInfo,
        dnsNames: valuesOf(request.identifiers, 'dns'),
        ipAddresses: valuesOf(request.identifiers, 'ip'),
        emptySubject: request.commonName === undefined,
        issuerKeyIdentifier,
        caIssuersUrl: typeof caIssuersUrl === 'string' ? caIssuersUrl : caIssuersUrl(),
      }),
    });
    const prepared = { tbsCertificate: Uint8Array.from(tbs.der), serial: toHex(serial), ...validity };
    unsigned.set(prepared, tbs);
    return prepared;
  }

  function sign(prepared: PreparedCertificate): IssuedCertificate {
    const tbs = unsigned.get(prepared);
    if (tbs === undefined)
      throw new Error(
        'Only a certificate that this issuer prepared, and that was not signed yet, is signed.',
      );
    unsigned.delete(prepared);
    const der = signCertificate(tbs, key);
    const { serial, notBefore, notAfter } = prepared;
    return { der, chainPem: encodePem('CERTIFICATE', der) + issuersPem, serial, notBefore, notAfter };
  }

  return {
    prepare,
    sign,
    issue: async (request, now) => sign(prepare(request, now)),
    issuerCertificateDer: authority.der,
    lifetimeMs: lifetimeSeconds * 1000,
  };
}

function requireIssuerLasts(notAfter: number, issuerNotAfter: number): void {
  if (notAfter <= issuerNotAfter) return;
  throw new Error(
    `The certificate would be valid until ${new Date(notAfter).toISOString()}, longer than its issuer ` +
      `(${new Date(issuerNotAfter).toISOString()}). Lower issuance.lifetimeSeconds, or supply an intermediate that lasts longer.`,
  );
}

function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

function valuesOf(identifiers: readonly Identifier[], type: Identifier['type']): readonly string[] {
  return [
    ...new Set(identifiers.filter((identifier) => identifier.type === type).map(({ value }) => value)),
  ].sort();
}
