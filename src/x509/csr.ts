import {
  membersOf,
  readBitString,
  readObjectIdentifier,
  readSmallInteger,
  requireTag,
} from './der-cursor.ts';
import type { DerNode, DerRefusalReason } from './der-reader.ts';
import { DerError, readDer } from './der-reader.ts';
import { contextConstructed, TAG } from './der-writer.ts';
import { readCommonNames } from './distinguished-name.ts';
import type { Extension } from './extension.ts';
import { readExtensions } from './extension.ts';
import type { AlternativeNames } from './general-names.ts';
import { NO_NAMES, readGeneralNames } from './general-names.ts';
import { OID } from './object-identifiers.ts';
import type { PublicKey } from './public-key.ts';
import { importPublicKey, readPublicKey } from './public-key.ts';
import type { ParseResult } from './result.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';
import { isSignatureValid, readSignatureAlgorithm } from './signature-algorithm.ts';

/** What a certification request says (RFC 2986), and whether its signature is good. Nothing in it is judged here. */
export interface CertificateRequest extends AlternativeNames {
  /** DER, as it stands in the request. */
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly publicKey: PublicKey;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Dotted; names what `unsupported` stands for. */
  readonly signatureAlgorithmOid: string;
  /** False also for a signature algorithm or a key that is not supported. */
  readonly signatureValid: boolean;
  /** All of them, as they stand in the subject. */
  readonly commonNames: readonly string[];
  /** Dotted object identifiers of the extensions asked for, in the request's order. */
  readonly extensions: readonly string[];
  /** RFC 7633: the TLS feature extension asks for stapled OCSP answers. */
  readonly mustStaple: boolean;
}

/**
 * Why the bytes are not a request that can be read. `not-der`: no DER, or cut off, or followed by further bytes.
 * `structure`: DER of another shape. `duplicate`: an attribute or extension twice. `bad-key`: a point off its curve or the
 * like. `detail` is a sentence about the request, for its sender.
 */
export interface CsrRefusal {
  readonly reason: DerRefusalReason | 'bad-key';
  readonly detail: string;
}

/** Reads a certification request from DER and checks its signature (RFC 2986 section 4). Never throws, whatever the bytes. */
export function parseCsr(der: Uint8Array): ParseResult<CertificateRequest, CsrRefusal> {
  try {
    return readRequest(readDer(der));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { ok: false, refusal: { reason: error.reason, detail: error.message } };
  }
}

function readRequest(root: DerNode): ParseResult<CertificateRequest, CsrRefusal> {
  const outer = membersOf(root, 'certification request');
  const info = outer.take('certificationRequestInfo', TAG.sequence);
  const { algorithm, oid } = readSignatureAlgorithm(outer.take('signature algorithm'));
  const signature = readBitString(outer.take('signature'), 'signature');
  outer.end('certification request');

  const members = membersOf(info, 'certificationRequestInfo');
  if (readSmallInteger(members.take('version'), 'version') !== 0)
    throw new DerError('structure', 'Its version is not 0 (v1), the only one that RFC 2986 has.');
  const commonNames = readCommonNames(members.take('subject'));
  const spki = members.take('public key');
  // RFC 2986 makes the attributes obligatory, and OpenSSL once left out empty ones.
  const attributes = members.takeIf(contextConstructed(0));
  members.end('certificationRequestInfo');

  const publicKey = readPublicKey(spki);
  const key = importPublicKey(publicKey);
  if (key === undefined && publicKey.type !== 'other') {
    return { ok: false, refusal: { reason: 'bad-key', detail: `Its ${publicKey.type} key is not valid.` } };
  }
  const extensions = readRequestedExtensions(attributes);
  const names = extensions.get(OID.subjectAlternativeName);
  const value: CertificateRequest = {
    subjectPublicKeyInfo: spki.encoded,
    publicKey,
    signatureAlgorithm: algorithm,
    signatureAlgorithmOid: oid,
    signatureValid: key !== undefined && isSignatureValid(algorithm, key, info.encoded, signature),
    commonNames,
    ...(names === undefined ? NO_NAMES : readGeneralNames(readDer(names.value))),
    extensions: [...extensions.keys()],
    mustStaple: asksForStapling(extensions.get(OID.tlsFeature)),
  };
  return { ok: true, value };
}

/** The extensions of the attribute extensionRequest (RFC 2985 section 5.4.2); other attributes are none of ours. */
function readRequestedExtensions(attributes: DerNode | undefined): ReadonlyMap<string, Extension> {
  const seen = new Set<string>();
  let extensions: ReadonlyMap<string, Extension> = new Map();
  for (const attribute of attributes?.children ?? []) {
    const members = membersOf(attribute, 'attribute');
    const type = readObjectIdentifier(members.take('type of the attribute'), 'type of the attribute');
    const values = members.take('values of the attribute', TAG.set);
    members.end('attribute');
    if (seen.has(type)) throw new DerError('duplicate', `It has the attribute ${type} twice.`);
    seen.add(type);
    if (type !== OID.extensionRequest) continue;
    const value = membersOf(values, 'extensionRequest attribute', TAG.set);
    extensions = readExtensions(value.take('list of extensions'));
    value.end('extensionRequest attribute');
  }
  return extensions;
}

/** RFC 7633 section 4: a list of TLS extension numbers, of which 5 is status_request. */
function asksForStapling(extension: Extension | undefined): boolean {
  if (extension === undefined) return false;
  const features = readDer(extension.value);
  requireTag(features, 'TLS feature extension', TAG.sequence);
  return features.children.some((feature) => readSmallInteger(feature, 'TLS feature') === 5);
}
