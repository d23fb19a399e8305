import {
  contextConstructed,
  contextPrimitive,
  encodeAsciiText,
  encodeDer,
  encodeNamedBits,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
  encodeTrue,
  encodeUnsignedInteger,
  TAG,
} from './der-writer.ts';
import type { Extension } from './extension.ts';
import { encodeGeneralNames } from './general-names.ts';
import { OID } from './object-identifiers.ts';

/** The bits of RFC 5280 section 4.2.1.3 that certificates here have. */
const KEY_USAGE_BITS = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

export type KeyUsage = keyof typeof KEY_USAGE_BITS;

/** RFC 5280 section 4.2.1.9; critical. `pathLength` only with `ca`. */
export function basicConstraints(options: { readonly ca: boolean; readonly pathLength?: number }): Extension {
  const { ca, pathLength } = options;
  const members = [
    ...(ca ? [encodeTrue()] : []),
    ...(ca && pathLength !== undefined ? [encodeUnsignedInteger(Uint8Array.of(pathLength))] : []),
  ];
  return { oid: OID.basicConstraints, critical: true, value: encodeSequence(...members) };
}

/** RFC 5280 section 4.2.1.3; critical. */
export function keyUsage(usages: readonly KeyUsage[]): Extension {
  const value = encodeNamedBits(usages.map((usage) => KEY_USAGE_BITS[usage]));
  return { oid: OID.keyUsage, critical: true, value };
}

/** RFC 5280 section 4.2.1.12 with id-kp-serverAuth alone. */
export function serverAuthentication(): Extension {
  const value = encodeSequence(encodeObjectIdentifier(OID.serverAuth));
  return { oid: OID.extendedKeyUsage, critical: false, value };
}

/** RFC 5280 section 4.2.1.2. */
export function subjectKeyIdentifier(identifier: Uint8Array): Extension {
  return { oid: OID.subjectKeyIdentifier, critical: false, value: encodeOctetString(identifier) };
}

/** RFC 5280 section 4.2.1.1, with the issuer's key identifier alone. */
export function authorityKeyIdentifier(identifier: Uint8Array): Extension {
  const value = encodeSequence(encodeDer(contextPrimitive(0), identifier));
  return { oid: OID.authorityKeyIdentifier, critical: false, value };
}

/**
 * RFC 5280 section 4.2.1.6; `critical` exactly where the subject is empty. Names and addresses stand in the order given.
 * Throws a RangeError for a name that is not ASCII or a text that is no address.
 */
export function subjectAlternativeName(options: {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly critical: boolean;
}): Extension {
  const value = encodeGeneralNames(options.dnsNames, options.ipAddresses);
  return { oid: OID.subjectAlternativeName, critical: options.critical, value };
}

/** RFC 5280 section 4.2.1.4 with the policy of domain-validated certificates (Baseline Requirements 7.1.6.1). */
export function domainValidatedPolicy(): Extension {
  const value = encodeSequence(encodeSequence(encodeObjectIdentifier(OID.domainValidated)));
  return { oid: OID.certificatePolicies, critical: false, value };
}

/** RFC 5280 section 4.2.2.1: where the issuer's certificate (DER) is fetched from. */
export function caIssuers(url: string): Extension {
  const location = encodeAsciiText(contextPrimitive(6), url);
  const value = encodeSequence(encodeSequence(encodeObjectIdentifier(OID.caIssuers), location));
  return { oid: OID.authorityInformationAccess, critical: false, value };
}

/** The attributes of a certification request that ask for the extensions: RFC 2986 section 4.1, RFC 2985 section 5.4.2. */
export function extensionRequestAttributes(encodedExtensions: Uint8Array): Uint8Array {
  const attribute = encodeSequence(
    encodeObjectIdentifier(OID.extensionRequest),
    encodeDer(TAG.set, encodedExtensions),
  );
  return encodeDer(contextConstructed(0), attribute);
}
