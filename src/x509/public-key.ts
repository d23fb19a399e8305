import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey } from 'node:crypto';
import { membersOf, readBitString, readObjectIdentifier, readUnsignedInteger } from './der-cursor.ts';
import type { DerNode } from './der-reader.ts';
import { DerError, readDer } from './der-reader.ts';
import { TAG } from './der-writer.ts';
import { OID } from './object-identifiers.ts';

/** What a SubjectPublicKeyInfo says (RFC 5280 section 4.1.2.7). Numbers are big-endian octets. */
export type PublicKey =
  /** Modulus and exponent without leading zeros. */
  | { readonly type: 'RSA'; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  /** Coordinates in the full width of the field. */
  | { readonly type: 'EC'; readonly curve: EcCurve; readonly x: Uint8Array; readonly y: Uint8Array }
  | { readonly type: 'Ed25519'; readonly x: Uint8Array }
  /** Anything else; `algorithm` is the dotted object identifier of the algorithm, or of the curve of an EC key. */
  | { readonly type: 'other'; readonly algorithm: string };

export type EcCurve = 'P-256' | 'P-384' | 'P-521';

/** A key as RFC 7518 section 6 and RFC 8037 write it, members in base64url. */
export type KeyAsJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: EcCurve; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

const CURVES: Readonly<Record<string, { readonly curve: EcCurve; readonly bytes: number }>> = {
  [OID.prime256v1]: { curve: 'P-256', bytes: 32 },
  [OID.secp384r1]: { curve: 'P-384', bytes: 48 },
  [OID.secp521r1]: { curve: 'P-521', bytes: 66 },
};

/** Reads a SubjectPublicKeyInfo. Throws DerError. */
export function readPublicKey(node: DerNode): PublicKey {
  const info = membersOf(node, 'public key');
  const algorithm = membersOf(info.take('algorithm of the public key'), 'algorithm of the public key');
  const bits = readBitString(info.take('bits of the public key'), 'bits of the public key');
  info.end('public key');
  const oid = readObjectIdentifier(algorithm.take('algorithm of the public key'), 'algorithm');
  if (oid === OID.rsaEncryption) {
    // RFC 3279 section 2.3.1: the parameters are NULL.
    algorithm.take('NULL parameter of the RSA key', TAG.null);
    algorithm.end('algorithm of the public key');
    return readRsaKey(bits);
  }
  if (oid === OID.ecPublicKey) {
    // RFC 5480 section 2.1.1: the curve is named, never spelt out.
    const curve = readObjectIdentifier(algorithm.take('curve of the public key'), 'curve of the public key');
    algorithm.end('algorithm of the public key');
    return readEcKey(curve, bits);
  }
  if (oid === OID.ed25519) {
    algorithm.end('algorithm of the public key');
    if (bits.length !== 32) throw new DerError('structure', 'Its Ed25519 key does not have 32 bytes.');
    return { type: 'Ed25519', x: bits };
  }
  return { type: 'other', algorithm: oid };
}

/** The key as a JWK, for comparison with an account's. Undefined for kinds of keys that JWK has no place for here. */
export function publicKeyToJwk(key: PublicKey): KeyAsJwk | undefined {
  const base64url = (octets: Uint8Array) => Buffer.from(octets).toString('base64url');
  switch (key.type) {
    case 'RSA':
      return { kty: 'RSA', n: base64url(key.modulus), e: base64url(key.exponent) };
    case 'EC':
      return { kty: 'EC', crv: key.curve, x: base64url(key.x), y: base64url(key.y) };
    case 'Ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: base64url(key.x) };
    case 'other':
      return undefined;
  }
}

/**
 * The key for node:crypto. Undefined when it is of an unknown kind or no key at all (a point off its curve). Goes through
 * JWK, which imports a P-256 key in little more than half the time of the DER.
 */
export function importPublicKey(key: PublicKey): KeyObject | undefined {
  const jwk = publicKeyToJwk(key);
  if (jwk === undefined) return undefined;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/**
 * The key identifier of a DER SubjectPublicKeyInfo: the first 160 bits of the SHA-256 of its bits (RFC 7093 section 2,
 * method 1), 20 bytes. Throws a TypeError for bytes that are no SubjectPublicKeyInfo.
 */
export function keyIdentifier(subjectPublicKeyInfo: Uint8Array): Uint8Array {
  const [, bits] = splitPublicKey(subjectPublicKeyInfo);
  return createHash('sha256').update(bits.content.subarray(1)).digest().subarray(0, 20);
}

/** True for the DER SubjectPublicKeyInfo of an RSA key. Throws a TypeError for bytes that are none. */
export function isRsaKey(subjectPublicKeyInfo: Uint8Array): boolean {
  const [algorithm] = splitPublicKey(subjectPublicKeyInfo);
  const [identifier] = algorithm.children;
  return identifier !== undefined && readObjectIdentifier(identifier, 'algorithm') === OID.rsaEncryption;
}

function splitPublicKey(subjectPublicKeyInfo: Uint8Array): readonly [DerNode, DerNode] {
  const [algorithm, bits] = readDer(subjectPublicKeyInfo).children;
  if (algorithm === undefined || bits?.tag !== TAG.bitString)
    throw new TypeError('The bytes are not a SubjectPublicKeyInfo.');
  return [algorithm, bits];
}

function readRsaKey(bits: Uint8Array): PublicKey {
  const members = membersOf(readDer(bits), 'RSA key');
  const modulus = readUnsignedInteger(members.take('modulus'), 'modulus');
  const exponent = readUnsignedInteger(members.take('exponent'), 'exponent');
  members.end('RSA key');
  return { type: 'RSA', modulus, exponent };
}

/** Only the uncompressed form, the one that RFC 5480 section 2.2 obliges everybody to read. */
function readEcKey(curveOid: string, bits: Uint8Array): PublicKey {
  const known = CURVES[curveOid];
  if (known === undefined) return { type: 'other', algorithm: curveOid };
  if (bits[0] !== 0x04 || bits.length !== 1 + 2 * known.bytes)
    throw new DerError('structure', `Its ${known.curve} key is not an uncompressed point.`);
  return {
    type: 'EC',
    curve: known.curve,
    x: bits.subarray(1, 1 + known.bytes),
    y: bits.subarray(1 + known.bytes),
  };
}
