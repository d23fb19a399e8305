import { X509Certificate } from 'node:crypto';
import type { CertificateRefusal } from './certificate.ts';
import { membersOf, requireTag } from './der-cursor.ts';
import type { DerNode } from './der-reader.ts';
import { DerError, readDer } from './der-reader.ts';
import { contextConstructed, contextPrimitive, TAG } from './der-writer.ts';
import { readCommonNames } from './distinguished-name.ts';
import type { Extension } from './extension.ts';
import { readExtensionList } from './extension.ts';
import type { AlternativeNames } from './general-names.ts';
import { readGeneralNames } from './general-names.ts';
import { OID } from './object-identifiers.ts';
import type { ParseResult } from './result.ts';

/**
 * What RFC 8737 section 3 judges of a certificate. The rest is not read: whatever its key, its dates and its other extensions
 * are, it is a validation certificate.
 */
export interface ValidationCertificate {
  /** DER Names, as they stand there. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** The issuer's first common name, if it has one that can be read. Any text. */
  readonly issuerCommonName?: string;
  /** In the certificate's order; one that stands there twice is here twice. */
  readonly extensions: readonly Extension[];
}

/**
 * Of one name and one digest there is less than 1 kB, with the largest RSA key 5 kB. More would be read on the event loop for
 * whoever shows it, a hundred of them at once.
 */
const MAXIMUM_BYTES = 16 * 1024;

/** Reads what is judged of a validation certificate from DER, of at most 16 kB. Never throws, whatever the bytes. */
export function parseValidationCertificate(
  der: Uint8Array,
): ParseResult<ValidationCertificate, CertificateRefusal> {
  return parsed(() => readValidationCertificate(readDer(der, MAXIMUM_BYTES)));
}

/** The names of a subject alternative name extension: RFC 5280 section 4.2.1.6. Never throws. */
export function parseAlternativeNames({
  value,
}: Extension): ParseResult<AlternativeNames, CertificateRefusal> {
  return parsed(() => readGeneralNames(readDer(value)));
}

/** The octets in an acmeIdentifier extension, of any number: RFC 8737 section 3. Never throws. */
export function parseAcmeIdentifier({ value }: Extension): ParseResult<Uint8Array, CertificateRefusal> {
  return parsed(() => {
    const node = readDer(value);
    requireTag(node, 'acmeIdentifier extension', TAG.octetString);
    return node.content;
  });
}

/** The extension with this dotted object identifier. */
export function findExtension(
  { extensions }: ValidationCertificate,
  name: 'subjectAlternativeName' | 'acmeIdentifier',
): Extension | undefined {
  return extensions.find(({ oid }) => oid === OID[name]);
}

/**
 * True when the certificate's own key made its signature, by any algorithm of node:crypto, also where that is a weak one.
 * Never throws.
 */
export function isSignedByItself(der: Uint8Array): boolean {
  try {
    const certificate = new X509Certificate(der);
    return certificate.verify(certificate.publicKey);
  } catch {
    return false;
  }
}

function parsed<Value>(read: () => Value): ParseResult<Value, CertificateRefusal> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { ok: false, refusal: { reason: error.reason, detail: error.message } };
  }
}

function readValidationCertificate(root: DerNode): ValidationCertificate {
  const outer = membersOf(root, 'certificate');
  const tbs = membersOf(outer.take('tbsCertificate'), 'tbsCertificate');
  outer.take('signature algorithm', TAG.sequence);
  outer.take('signature', TAG.bitString);
  outer.end('certificate');
  tbs.takeIf(contextConstructed(0));
  tbs.take('serial number', TAG.integer);
  tbs.take('signature algorithm', TAG.sequence);
  const issuer = tbs.take('issuer', TAG.sequence);
  tbs.take('validity', TAG.sequence);
  const subject = tbs.take('subject', TAG.sequence);
  tbs.take('public key', TAG.sequence);
  // RFC 5280 section 4.1.2.8: the unique identifiers, which nobody uses.
  tbs.takeIf(contextPrimitive(1));
  tbs.takeIf(contextPrimitive(2));
  const wrapped = tbs.takeIf(contextConstructed(3));
  tbs.end('tbsCertificate');
  const issuerCommonName = firstCommonName(issuer);
  return {
    issuer: issuer.encoded,
    subject: subject.encoded,
    ...(issuerCommonName === undefined ? {} : { issuerCommonName }),
    extensions: wrapped === undefined ? [] : readWrapped(wrapped),
  };
}

function readWrapped(wrapped: DerNode): readonly Extension[] {
  const members = membersOf(wrapped, 'extensions', contextConstructed(3));
  const list = readExtensionList(members.take('list of extensions'));
  members.end('extensions');
  return list;
}

/** Only told, never judged, so that one that cannot be read is none. */
function firstCommonName(name: DerNode): string | undefined {
  const names = parsed(() => readCommonNames(name));
  return names.ok ? names.value[0] : undefined;
}
