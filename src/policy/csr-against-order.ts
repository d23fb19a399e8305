import { isIP } from 'node:net';
import type { Identifier } from '../protocol/identifier.ts';
import { identifierKey } from '../protocol/identifier.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { CertificateRequest } from '../x509/csr.ts';
import { checkCertificateKey } from './key-policy.ts';
import type { PolicyRefusal } from './policy-refusal.ts';
import { quote } from './quote.ts';

/** X.520 gives a common name 64 characters at most (RFC 5280 appendix A.1, ub-common-name). */
const LONGEST_COMMON_NAME = 64;

/** As Let's Encrypt: no SHA-1, no RSASSA-PSS, no Ed25519. */
const SIGNATURE_ALGORITHMS: readonly string[] = [
  'RSA-SHA256',
  'RSA-SHA384',
  'RSA-SHA512',
  'ECDSA-SHA256',
  'ECDSA-SHA384',
  'ECDSA-SHA512',
];

/** What a certificate takes from its request beside the key. Absent for an empty subject. */
export interface AcceptedRequest {
  readonly commonName?: string;
}

/**
 * Checks a certification request against the order that it finalizes: RFC 8555 section 7.4. Signature and key must be good,
 * and its names exactly the order's. The order of the checks is Let's Encrypt's; every refusal is `badCSR`, as that section
 * says. Whether the key is an account's is for whoever knows the accounts.
 */
export function checkCsr(
  csr: CertificateRequest,
  ordered: readonly Identifier[],
): Result<AcceptedRequest, PolicyRefusal> {
  const refusal = refuseRequest(csr) ?? refuseNames(csr, ordered);
  if (refusal !== undefined) return refused(refusal);
  const commonName = chooseCommonName(csr);
  return accepted(commonName === undefined ? {} : { commonName });
}

function refuseRequest(csr: CertificateRequest): PolicyRefusal | undefined {
  const key = checkCertificateKey(csr.publicKey);
  if (!key.ok) return badCsr(`The CSR cannot be used. ${key.refusal.detail}`);
  if (!SIGNATURE_ALGORITHMS.includes(csr.signatureAlgorithm)) {
    const name =
      csr.signatureAlgorithm === 'unsupported' ? csr.signatureAlgorithmOid : csr.signatureAlgorithm;
    return badCsr(
      `The CSR is signed with ${name}; it must be RSA (PKCS #1 v1.5) or ECDSA with SHA-256, SHA-384 or SHA-512.`,
    );
  }
  if (!csr.signatureValid) return badCsr('The signature of the CSR is not that of its key.');
  if (csr.commonNames.length > 1) return badCsr('The CSR has more than one common name; leave one or none.');
  const [other] = csr.otherNames;
  if (other !== undefined) {
    return badCsr(
      `The CSR has a subject alternative name of the kind ${other}; only DNS names and addresses are issued.`,
    );
  }
  const commonName = requestedCommonName(csr);
  if (commonName !== undefined && isIP(commonName) !== 0) {
    return badCsr(
      'The CSR has an IP address as its common name; put it in the subject alternative names alone.',
    );
  }
  if (csr.mustStaple) {
    return badCsr(
      'The CSR asks for OCSP must-staple, but this server runs no OCSP. Leave the extension out.',
    );
  }
  return undefined;
}

/** RFC 8555 section 7.4: the CSR MUST indicate exactly the identifiers of the order; `badCSR` is that section's. */
function refuseNames(csr: CertificateRequest, ordered: readonly Identifier[]): PolicyRefusal | undefined {
  const requested = requestedIdentifiers(csr);
  if (requested.length === 0) return badCsr('The CSR names no identifier.');
  const requestedKeys = new Set(requested.map(identifierKey));
  const orderedKeys = new Set(ordered.map(identifierKey));
  const missing = ordered.filter((identifier) => !requestedKeys.has(identifierKey(identifier)));
  const extra = requested.filter((identifier) => !orderedKeys.has(identifierKey(identifier)));
  if (missing.length === 0 && extra.length === 0) return undefined;
  const parts = [
    ...(missing.length === 0 ? [] : [`it lacks ${listNames(missing)}`]),
    ...(extra.length === 0 ? [] : [`it has ${listNames(extra)}, which the order has not`]),
  ];
  return badCsr(`The CSR does not name exactly the identifiers of the order: ${parts.join(', and ')}.`);
}

/** As Let's Encrypt: a common name that is no subject alternative name counts as one. */
function requestedIdentifiers(csr: CertificateRequest): readonly Identifier[] {
  const commonName = requestedCommonName(csr);
  const names = [...(commonName === undefined ? [] : [commonName]), ...csr.dnsNames.map(lowerCase)];
  const identifiers: readonly Identifier[] = [
    ...names.map((value) => ({ type: 'dns' as const, value })),
    ...csr.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return [...new Map(identifiers.map((identifier) => [identifierKey(identifier), identifier])).values()];
}

/** As Let's Encrypt: the one asked for, or the first DNS name that is short enough; none in place of one that is too long. */
function chooseCommonName(csr: CertificateRequest): string | undefined {
  const requested = requestedCommonName(csr);
  if (requested !== undefined) return requested.length <= LONGEST_COMMON_NAME ? requested : undefined;
  return csr.dnsNames.map(lowerCase).find((name) => name.length <= LONGEST_COMMON_NAME);
}

function requestedCommonName(csr: CertificateRequest): string | undefined {
  const [name = ''] = csr.commonNames;
  return name === '' ? undefined : lowerCase(name);
}

/** ASCII only, as identifiers are normalised: what else a CSR holds must not become a name of the order. */
function lowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const MOST_LISTED = 5;

function listNames(identifiers: readonly Identifier[]): string {
  const listed = identifiers.slice(0, MOST_LISTED).map(({ value }) => quote(value));
  const rest = identifiers.length - listed.length;
  return rest > 0 ? `${listed.join(', ')} and ${rest} more` : listed.join(', ');
}

function badCsr(detail: string): PolicyRefusal {
  return { code: 'badCSR', detail };
}
