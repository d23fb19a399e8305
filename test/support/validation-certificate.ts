import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { TlsCredentials } from '../../src/runtime/listener.ts';
import { encodeTbsCertificate, signCertificate } from '../../src/x509/certificate-builder.ts';
import { exportPublicKey } from '../../src/x509/create-csr.ts';
import { encodeOctetString } from '../../src/x509/der-writer.ts';
import { encodeName } from '../../src/x509/distinguished-name.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { subjectAlternativeName } from '../../src/x509/extensions.ts';
import { encodePem } from '../../src/x509/pem.ts';
import { signingAlgorithmOf } from '../../src/x509/signature-algorithm.ts';
import { KEY_AUTHORIZATION } from './validation-lab.ts';

const DAY_MS = 86_400_000;
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';

/** What a validation certificate has that is to be other than RFC 8737 section 3 says. */
export interface CertificateParts {
  readonly issuer?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly extensions?: readonly Extension[];
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** Signs in place of the certificate's own key. */
  readonly signer?: KeyObject;
  readonly notBefore?: number;
  readonly notAfter?: number;
}

export interface MadeCertificate extends TlsCredentials {
  readonly der: Uint8Array;
}

/** The digest of the lab's key authorization, or of another text. */
export function digestOf(keyAuthorization = KEY_AUTHORIZATION): Uint8Array {
  return createHash('sha256').update(keyAuthorization).digest();
}

/** The acmeIdentifier extension: critical, with the lab's digest, unless told otherwise. */
export function acmeIdentifier(
  value: Uint8Array = encodeOctetString(digestOf()),
  critical = true,
): Extension {
  return { oid: ACME_IDENTIFIER, critical, value };
}

/** A subject alternative name extension. */
export function names(dnsNames: readonly string[], ipAddresses: readonly string[] = []): Extension {
  return subjectAlternativeName({ dnsNames, ipAddresses, critical: false });
}

/** A validation certificate for `dual.test` and the lab's key authorization, with the parts that are given in place. */
export function validationCertificate(parts: CertificateParts = {}): MadeCertificate {
  const { privateKey } = parts.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = parts.signer ?? privateKey;
  const subject = parts.subject ?? encodeName('acme');
  const der = signCertificate(
    encodeTbsCertificate({
      serial: Uint8Array.of(1),
      signatureAlgorithm: signingAlgorithmOf(signer),
      issuer: parts.issuer ?? subject,
      notBefore: parts.notBefore ?? Date.now() - DAY_MS,
      notAfter: parts.notAfter ?? Date.now() + DAY_MS,
      subject,
      subjectPublicKeyInfo: exportPublicKey(privateKey),
      extensions: parts.extensions ?? [names(['dual.test']), acmeIdentifier()],
    }),
    signer,
  );
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { der, cert: encodePem('CERTIFICATE', der), key };
}
