import type { Extension } from '../x509/extension.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  caIssuers,
  domainValidatedPolicy,
  keyUsage,
  serverAuthentication,
  subjectAlternativeName,
  subjectKeyIdentifier,
} from '../x509/extensions.ts';
import { isRsaKey, keyIdentifier } from '../x509/public-key.ts';

export interface LeafProfileRequest {
  /** DER. */
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** RFC 5280 section 4.2.1.6: the alternative names are then critical. */
  readonly emptySubject: boolean;
  readonly issuerKeyIdentifier: Uint8Array;
  readonly caIssuersUrl: string;
}

/** The extensions of a leaf, in the order of Let's Encrypt's profile `classic`. */
export function leafExtensions(request: LeafProfileRequest): readonly Extension[] {
  const { subjectPublicKeyInfo, dnsNames, ipAddresses } = request;
  return [
    // RFC 5280 section 4.2.1.3: only RSA keys encipher keys.
    keyUsage(isRsaKey(subjectPublicKeyInfo) ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature']),
    serverAuthentication(),
    basicConstraints({ ca: false }),
    subjectKeyIdentifier(keyIdentifier(subjectPublicKeyInfo)),
    authorityKeyIdentifier(request.issuerKeyIdentifier),
    caIssuers(request.caIssuersUrl),
    subjectAlternativeName({ dnsNames, ipAddresses, critical: request.emptySubject }),
    domainValidatedPolicy(),
  ];
}
