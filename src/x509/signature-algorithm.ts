import type { KeyObject } from 'node:crypto';
import { sign, verify } from 'node:crypto';
import { membersOf, readObjectIdentifier } from './der-cursor.ts';
import type { DerNode } from './der-reader.ts';
import { DerError } from './der-reader.ts';
import { encodeNull, encodeObjectIdentifier, encodeSequence, TAG } from './der-writer.ts';
import { OID } from './object-identifiers.ts';

interface AlgorithmFacts {
  readonly oid: string;
  /** The `asymmetricKeyType` of node:crypto that goes with it. */
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  readonly hash: string | null;
}

/** Signature algorithms that can be verified; those with SHA-1 too, so that a policy can say what is wrong with them. */
const ALGORITHMS = {
  'RSA-SHA1': { oid: OID.sha1WithRsaEncryption, keyType: 'rsa', hash: 'sha1' },
  'RSA-SHA256': { oid: OID.sha256WithRsaEncryption, keyType: 'rsa', hash: 'sha256' },
  'RSA-SHA384': { oid: OID.sha384WithRsaEncryption, keyType: 'rsa', hash: 'sha384' },
  'RSA-SHA512': { oid: OID.sha512WithRsaEncryption, keyType: 'rsa', hash: 'sha512' },
  'ECDSA-SHA1': { oid: OID.ecdsaWithSha1, keyType: 'ec', hash: 'sha1' },
  'ECDSA-SHA256': { oid: OID.ecdsaWithSha256, keyType: 'ec', hash: 'sha256' },
  'ECDSA-SHA384': { oid: OID.ecdsaWithSha384, keyType: 'ec', hash: 'sha384' },
  'ECDSA-SHA512': { oid: OID.ecdsaWithSha512, keyType: 'ec', hash: 'sha512' },
  Ed25519: { oid: OID.ed25519, keyType: 'ed25519', hash: null },
} as const satisfies Record<string, AlgorithmFacts>;

/** `unsupported`: what this room cannot verify, for instance RSASSA-PSS; `signatureAlgorithmOid` names it. */
export type SignatureAlgorithm = keyof typeof ALGORITHMS | 'unsupported';

/** Those that this room signs with. */
export type SigningAlgorithm = Exclude<SignatureAlgorithm, 'unsupported' | 'RSA-SHA1' | 'ECDSA-SHA1'>;

const NAMES = Object.keys(ALGORITHMS) as readonly Exclude<SignatureAlgorithm, 'unsupported'>[];

/** Reads an AlgorithmIdentifier (RFC 5280 section 4.1.1.2). Throws DerError. */
export function readSignatureAlgorithm(node: DerNode): {
  readonly algorithm: SignatureAlgorithm;
  readonly oid: string;
} {
  const members = membersOf(node, 'signature algorithm');
  const oid = readObjectIdentifier(members.take('algorithm'), 'signature algorithm');
  const algorithm = NAMES.find((name) => ALGORITHMS[name].oid === oid);
  if (algorithm === undefined) return { algorithm: 'unsupported', oid };
  // RFC 8017 appendix A.2.4 wants NULL with RSA and takes none; RFC 5758 section 3.2 and RFC 8410 section 3 want none.
  if (ALGORITHMS[algorithm].keyType === 'rsa') members.takeIf(TAG.null);
  members.end('signature algorithm');
  return { algorithm, oid };
}

/** The DER AlgorithmIdentifier. */
export function encodeSignatureAlgorithm(algorithm: SigningAlgorithm): Uint8Array {
  const { oid, keyType } = ALGORITHMS[algorithm];
  const identifier = encodeObjectIdentifier(oid);
  return keyType === 'rsa' ? encodeSequence(identifier, encodeNull()) : encodeSequence(identifier);
}

/**
 * The algorithm that goes with a private key: the hash by the curve, SHA-256 with RSA. Throws a RangeError for keys that
 * a certificate authority here does not have.
 */
export function signingAlgorithmOf(key: KeyObject): SigningAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') return 'RSA-SHA256';
  if (type === 'ed25519') return 'Ed25519';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ECDSA-SHA256';
  if (type === 'ec' && details?.namedCurve === 'secp384r1') return 'ECDSA-SHA384';
  if (type === 'ec' && details?.namedCurve === 'secp521r1') return 'ECDSA-SHA512';
  throw new RangeError(
    `A key of type ${type} ${details?.namedCurve ?? ''} cannot sign here. Use RSA, P-256, P-384, P-521 or Ed25519.`,
  );
}

/** Signs the bytes; the key must be of the algorithm's type. */
export function signBytes(algorithm: SigningAlgorithm, key: KeyObject, bytes: Uint8Array): Uint8Array {
  return sign(ALGORITHMS[algorithm].hash, bytes, key);
}

/** True when the signature over the bytes is good. Never throws: a damaged signature is a bad one. */
export function isSignatureValid(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (algorithm === 'unsupported' || ALGORITHMS[algorithm].keyType !== key.asymmetricKeyType) return false;
  try {
    return verify(ALGORITHMS[algorithm].hash, bytes, key, signature);
  } catch {
    return false;
  }
}

/** Throws DerError unless both are the same AlgorithmIdentifier: RFC 5280 section 4.1.1.2. */
export function requireSameAlgorithm(inner: DerNode, outer: DerNode): void {
  if (!Buffer.from(inner.encoded).equals(outer.encoded))
    throw new DerError('structure', 'It names two different signature algorithms.');
}
