import type { KeyObject } from 'node:crypto';
import { membersOf, readBitString, readSmallInteger, readUnsignedInteger, requireTag } from './der-cursor.ts';
import type { DerNode, DerRefusalReason } from './der-reader.ts';
import { DerError, readDer } from './der-reader.ts';
import { contextConstructed, contextPrimitive, TAG } from './der-writer.ts';
import type { Extension } from './extension.ts';
import { readExtensions } from './extension.ts';
import type { AlternativeNames } from './general-names.ts';
import { NO_NAMES, readGeneralNames } from './general-names.ts';
import { OID } from './object-identifiers.ts';
import type { PublicKey } from './public-key.ts';
import { readPublicKey } from './public-key.ts';
import type { ParseResult } from './result.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';
import { isSignatureValid, readSignatureAlgorithm, requireSameAlgorithm } from './signature-algorithm.ts';
import { readTime } from './time.ts';

/** What a certificate says: RFC 5280 section 4.1. Nothing in it is judged here, its signature neither. */
export interface ParsedCertificate extends AlternativeNames {
  /** Lower-case hex, an even number of digits. */
  readonly serial: string;
  /** DER Names, as they stand there. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** DER. */
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly publicKey: PublicKey;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCa: boolean;
  readonly pathLength?: number;
  /** True without a key usage extension, which then restricts nothing, or when keyCertSign is in it. */
  readonly maySignCertificates: boolean;
  readonly authorityKeyIdentifier?: Uint8Array;
  readonly subjectKeyIdentifier?: Uint8Array;
  /** Dotted object identifiers, in the certificate's order. */
  readonly extensions: readonly string[];
  readonly tbsCertificate: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

/** Why the bytes are not a certificate that can be read; `detail` is a sentence about it. */
export interface CertificateRefusal {
  readonly reason: DerRefusalReason;
  readonly detail: string;
}

/** Reads a certificate from DER. Never throws, whatever the bytes. */
export function parseCertificate(der: Uint8Array): ParseResult<ParsedCertificate, CertificateRefusal> {
  try {
    return { ok: true, value: readCertificate(readDer(der)) };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { ok: false, refusal: { reason: error.reason, detail: error.message } };
  }
}

/** True when the key signed the certificate. Never throws. */
export function isSignedBy(certificate: ParsedCertificate, issuerKey: KeyObject): boolean {
  const { signatureAlgorithm, tbsCertificate, signature } = certificate;
  return isSignatureValid(signatureAlgorithm, issuerKey, tbsCertificate, signature);
}

function readCertificate(root: DerNode): ParsedCertificate {
  const outer = membersOf(root, 'certificate');
  const tbs = outer.take('tbsCertificate', TAG.sequence);
  const outerAlgorithm = outer.take('signature algorithm');
  const signature = readBitString(outer.take('signature'), 'signature');
  outer.end('certificate');

  const members = membersOf(tbs, 'tbsCertificate');
  const version = membersOf(members.take('version', contextConstructed(0)), 'version', contextConstructed(0));
  if (readSmallInteger(version.take('version'), 'version') !== 2)
    throw new DerError('structure', 'Its version is not 3.');
  const serial = readUnsignedInteger(members.take('serial number'), 'serial number');
  requireSameAlgorithm(members.take('signature algorithm'), outerAlgorithm);
  const issuer = members.take('issuer', TAG.sequence);
  const validity = membersOf(members.take('validity'), 'validity');
  const subject = members.take('subject', TAG.sequence);
  const spki = members.take('public key');
  const wrapped = members.takeIf(contextConstructed(3));
  members.end('tbsCertificate');
  const extensions =
    wrapped === undefined
      ? new Map<string, Extension>()
      : readExtensions(membersOf(wrapped, 'extensions', contextConstructed(3)).take('list of extensions'));
  return {
    serial: Buffer.from(serial).toString('hex'),
    issuer: issuer.encoded,
    subject: subject.encoded,
    subjectPublicKeyInfo: spki.encoded,
    publicKey: readPublicKey(spki),
    notBefore: readTime(validity.take('notBefore'), 'notBefore'),
    notAfter: readTime(validity.take('notAfter'), 'notAfter'),
    ...readKnownExtensions(extensions),
    extensions: [...extensions.keys()],
    tbsCertificate: tbs.encoded,
    signatureAlgorithm: readSignatureAlgorithm(outerAlgorithm).algorithm,
    signature,
  };
}

function readKnownExtensions(extensions: ReadonlyMap<string, Extension>) {
  const read = (oid: string, tag: number = TAG.sequence) => {
    const extension = extensions.get(oid);
    if (extension === undefined) return undefined;
    const node = readDer(extension.value);
    requireTag(node, `extension ${oid}`, tag);
    return node;
  };
  const names = read(OID.subjectAlternativeName);
  const subjectKey = read(OID.subjectKeyIdentifier, TAG.octetString);
  const authority = read(OID.authorityKeyIdentifier);
  const authorityKey =
    authority && membersOf(authority, 'authority key identifier').takeIf(contextPrimitive(0));
  const usage = read(OID.keyUsage, TAG.bitString);
  return {
    ...(names === undefined ? NO_NAMES : readGeneralNames(names)),
    ...readBasicConstraints(read(OID.basicConstraints)),
    // RFC 5280 section 4.2.1.3: keyCertSign is bit 5.
    maySignCertificates: usage === undefined || ((usage.content[1] ?? 0) & 0x04) !== 0,
    ...(subjectKey === undefined ? {} : { subjectKeyIdentifier: subjectKey.content }),
    ...(authorityKey === undefined ? {} : { authorityKeyIdentifier: authorityKey.content }),
  };
}

function readBasicConstraints(node: DerNode | undefined) {
  if (node === undefined) return { isCa: false };
  const members = membersOf(node, 'basic constraints');
  const isCa = members.takeIf(TAG.boolean)?.content[0] === 0xff;
  const pathLength = members.takeIf(TAG.integer);
  members.end('basic constraints');
  return pathLength === undefined
    ? { isCa }
    : { isCa, pathLength: readSmallInteger(pathLength, 'path length') };
}
