import { createHash } from 'node:crypto';
import type { Identifier } from '../protocol/identifier.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { CertificateFailure } from '../protocol/validation-failure.ts';
import type { CertificateRefusal } from '../x509/certificate.ts';
import type { Extension } from '../x509/extension.ts';
import type { AlternativeNames } from '../x509/general-names.ts';
import { canonicalIpAddress } from '../x509/ip-address.ts';
import type { ParseResult } from '../x509/result.ts';
import type { ValidationCertificate } from '../x509/validation-certificate.ts';
import {
  findExtension,
  isSignedByItself,
  parseAcmeIdentifier,
  parseAlternativeNames,
  parseValidationCertificate,
} from '../x509/validation-certificate.ts';
import { KEPT_VALUES } from './lookup-step.ts';
import { printableText } from './printable.ts';

/** A certificate that a server showed, before it is judged. */
export interface ShownCertificate {
  readonly der: Uint8Array;
  /** Hexadecimal SHA-256. */
  readonly fingerprint: string;
  /** The refusal is a sentence. */
  readonly parsed: Result<ValidationCertificate, string>;
  /** Undefined without the extension; the refusal is a sentence. */
  readonly alternativeNames: Result<AlternativeNames, string> | undefined;
  /** The entries of the extension, `DNS:...`, `IP:...` or the kind of another one, printable and bounded. */
  readonly names: readonly string[];
}

/** What is wrong with a certificate. */
export type CertificateFinding = Pick<CertificateFailure, 'fault' | 'detail' | 'expected' | 'received'>;

/** `DNS:` and the longest name: RFC 1035 section 2.3.4. */
const KEPT_NAME_BYTES = 4 + 253;
const DIGEST_BYTES = 32;

/** Reads a certificate as far as it can be read. Never throws, whatever the bytes. */
export function readShownCertificate(der: Uint8Array): ShownCertificate {
  const parsed = sentenceOf(parseValidationCertificate(der));
  const extension = parsed.ok ? findExtension(parsed.value, 'subjectAlternativeName') : undefined;
  const alternativeNames = extension && sentenceOf(parseAlternativeNames(extension));
  return {
    der,
    fingerprint: createHash('sha256').update(der).digest('hex'),
    parsed,
    alternativeNames,
    names: alternativeNames?.ok ? namesOf(alternativeNames.value) : [],
  };
}

/**
 * RFC 8737 section 3 about a certificate, in the order in which Let's Encrypt asks: self-signed, no extension twice, both
 * extensions there, the one name and no other (RFC 8738 section 4 for an address), acmeIdentifier critical and well-formed.
 * Answers the digest that the certificate holds, 32 bytes, or the first thing that is wrong. Its dates, its key and its other
 * extensions are not judged.
 */
export function findDigest(
  shown: ShownCertificate,
  identifier: Identifier,
): Result<Uint8Array, CertificateFinding> {
  if (!shown.parsed.ok) return refused({ fault: 'unreadable', detail: shown.parsed.refusal });
  const certificate = shown.parsed.value;
  const finding = faultOfSignature(shown.der, certificate) ?? repeatedExtension(certificate);
  if (finding !== undefined) return refused(finding);
  const { alternativeNames } = shown;
  const expected = entryFor(identifier);
  if (alternativeNames === undefined) return refused({ fault: 'no-subject-alt-name', expected });
  const acmeIdentifier = findExtension(certificate, 'acmeIdentifier');
  if (acmeIdentifier === undefined) return refused({ fault: 'no-acme-identifier' });
  if (!alternativeNames.ok)
    return refused({ fault: 'wrong-subject-alt-name', expected, detail: alternativeNames.refusal });
  if (!isOnly(identifier, alternativeNames.value))
    return refused({ fault: 'wrong-subject-alt-name', expected, received: shown.names.join(', ') });
  return digestIn(acmeIdentifier);
}

function faultOfSignature(
  der: Uint8Array,
  { issuer, subject, issuerCommonName }: ValidationCertificate,
): CertificateFinding | undefined {
  const named = issuerCommonName === undefined ? '' : `, "${printableText(issuerCommonName)}",`;
  if (!Buffer.from(issuer).equals(subject))
    return { fault: 'not-self-signed', detail: `its issuer${named} is not its subject.` };
  return isSignedByItself(der)
    ? undefined
    : { fault: 'not-self-signed', detail: 'its own key did not make its signature.' };
}

/** RFC 5280 section 4.2. */
function repeatedExtension({ extensions }: ValidationCertificate): CertificateFinding | undefined {
  const seen = new Set<string>();
  for (const { oid } of extensions) {
    if (seen.has(oid)) return { fault: 'repeated-extension', detail: `${oid} stands there twice.` };
    seen.add(oid);
  }
  return undefined;
}

function entryFor({ type, value }: Identifier): string {
  return type === 'ip' ? `IP:${value}` : `DNS:${value}`;
}

/** RFC 4343: the case of a DNS name is no matter. Addresses have one text each. */
function isOnly({ type, value }: Identifier, names: AlternativeNames): boolean {
  const { dnsNames, ipAddresses, otherNames } = names;
  const [only, ...more] = type === 'ip' ? ipAddresses : dnsNames;
  const others = type === 'ip' ? dnsNames : ipAddresses;
  if (only === undefined || more.length + others.length + otherNames.length > 0) return false;
  return type === 'ip' ? only === canonicalIpAddress(value) : only.toLowerCase() === value.toLowerCase();
}

function digestIn(acmeIdentifier: Extension): Result<Uint8Array, CertificateFinding> {
  if (!acmeIdentifier.critical) return refused({ fault: 'acme-identifier-not-critical' });
  const digest = sentenceOf(parseAcmeIdentifier(acmeIdentifier));
  if (!digest.ok) return refused({ fault: 'acme-identifier-malformed', detail: digest.refusal });
  const { length } = digest.value;
  if (length === DIGEST_BYTES) return accepted(digest.value);
  return refused({ fault: 'acme-identifier-malformed', detail: `It has one of ${length} bytes.` });
}

function namesOf({ dnsNames, ipAddresses, otherNames }: AlternativeNames): readonly string[] {
  const entries = [
    ...dnsNames.map((name) => `DNS:${name}`),
    ...ipAddresses.map((address) => `IP:${address}`),
    ...otherNames,
  ];
  const dropped = entries.length - KEPT_VALUES;
  const kept = entries.slice(0, KEPT_VALUES).map((entry) => printableText(entry, KEPT_NAME_BYTES));
  return dropped > 0 ? [...kept, `${dropped} more`] : kept;
}

function sentenceOf<Value>(result: ParseResult<Value, CertificateRefusal>): Result<Value, string> {
  return result.ok ? accepted(result.value) : refused(result.refusal.detail);
}
