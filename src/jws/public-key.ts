import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey } from 'node:crypto';
import type { PublicJwk } from '../protocol/json-web-key.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import { decodeBase64url } from './base64url.ts';
import { isEd25519Point } from './ed25519-point.ts';

/** A public key ready for use. */
export interface ImportedKey {
  readonly jwk: PublicJwk;
  /** base64url SHA-256 of the key: RFC 7638. */
  readonly thumbprint: string;
  readonly keyObject: KeyObject;
  /** The `alg` of the JWK as sent (RFC 7517 section 4.4), if it had one. Compare it with the header's. */
  readonly declaredAlgorithm?: string;
}

export type KeyRefusalReason =
  | 'not-an-object'
  | 'private-key'
  | 'symmetric-key'
  | 'unsupported-type'
  | 'unsupported-curve'
  | 'bad-member'
  | 'bad-length'
  | 'not-on-curve';

/** Why a JWK is no acceptable public key. `detail` is a sentence for the client. */
export interface KeyRefusal {
  readonly reason: KeyRefusalReason;
  readonly detail: string;
}

type JwkMembers = Readonly<Record<string, unknown>>;

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1: what only a private or symmetric key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/** Octets of a coordinate: RFC 7518 section 6.2.1.2, RFC 8037 section 2. */
const COORDINATE_LENGTH: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };
const ED25519_LENGTH = 32;

/** Octets; beyond any key that a policy could take, and small enough to handle before one is asked. */
const LONGEST_MODULUS = 2048;
const LONGEST_EXPONENT = 8;

/**
 * Reads a JWK (RFC 7517) as a public key that signs: RSA, EC on P-256, P-384 or P-521, or Ed25519. Every encoding must be
 * the canonical one, so that a key has one thumbprint. Whether the key is *good* is the key policy's question.
 */
export function importPublicKey(jwk: unknown): Result<ImportedKey, KeyRefusal> {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
    return refuse('not-an-object', 'The key is not a JSON object; a JWK (RFC 7517) is needed.');
  }
  const members: JwkMembers = { ...jwk };
  if (members.kty === 'oct') {
    return refuse(
      'symmetric-key',
      'The key is symmetric; an account needs a key pair (RFC 8555 section 6.2).',
    );
  }
  const secret = PRIVATE_MEMBERS.find((name) => Object.hasOwn(members, name));
  if (secret !== undefined) {
    return refuse(
      'private-key',
      `The key has the private member "${secret}". Send the public key only, and replace this key: it has been disclosed.`,
    );
  }
  const declared = members.alg;
  if (declared !== undefined && typeof declared !== 'string') {
    return refuse('bad-member', 'The "alg" of the key is not a text (RFC 7517 section 4.4).');
  }
  const canonical = readMembers(members);
  return canonical.ok ? importCanonical(canonical.value, declared) : canonical;
}

/** The base64url SHA-256 thumbprint of a public key: RFC 7638 section 3. */
export function jwkThumbprint(jwk: PublicJwk): string {
  return createHash('sha256').update(canonicalJson(jwk)).digest('base64url');
}

/** RFC 7638 section 3.3: required members only, in lexicographic order, no white space. All values are ASCII without escapes. */
function canonicalJson(jwk: PublicJwk): string {
  switch (jwk.kty) {
    case 'RSA':
      return JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n });
    case 'EC':
      return JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
    case 'OKP':
      return JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
  }
}

function readMembers(members: JwkMembers): Result<PublicJwk, KeyRefusal> {
  switch (members.kty) {
    case 'RSA':
      return readRsa(members);
    case 'EC':
      return readEc(members);
    case 'OKP':
      return readEd25519(members);
    default:
      return refuse('unsupported-type', 'The "kty" of the key must be "RSA", "EC" or "OKP".');
  }
}

function readRsa(members: JwkMembers): Result<PublicJwk, KeyRefusal> {
  const modulus = readInteger(members, 'n', LONGEST_MODULUS);
  if (!modulus.ok) return modulus;
  const exponent = readInteger(members, 'e', LONGEST_EXPONENT);
  if (!exponent.ok) return exponent;
  return accepted({ kty: 'RSA', n: modulus.value, e: exponent.value });
}

function readEc(members: JwkMembers): Result<PublicJwk, KeyRefusal> {
  const curve = members.crv;
  if (curve !== 'P-256' && curve !== 'P-384' && curve !== 'P-521') {
    return refuse('unsupported-curve', 'The "crv" of an EC key must be "P-256", "P-384" or "P-521".');
  }
  const length = COORDINATE_LENGTH[curve] ?? 0;
  const x = readOctets(members, 'x', length);
  if (!x.ok) return x;
  const y = readOctets(members, 'y', length);
  if (!y.ok) return y;
  return accepted({ kty: 'EC', crv: curve, x: x.value, y: y.value });
}

function readEd25519(members: JwkMembers): Result<PublicJwk, KeyRefusal> {
  if (members.crv !== 'Ed25519') {
    return refuse('unsupported-curve', 'The "crv" of an OKP key must be "Ed25519".');
  }
  const x = readOctets(members, 'x', ED25519_LENGTH);
  if (!x.ok) return x;
  // OpenSSL decodes the point at the first signature only, and takes any octets here.
  if (!isEd25519Point(Buffer.from(x.value, 'base64url'))) return notOnCurve('Ed25519');
  return accepted({ kty: 'OKP', crv: 'Ed25519', x: x.value });
}

/** RFC 7518 section 2, Base64urlUInt: the fewest octets, so no leading zero, which would also give a second thumbprint. */
function readInteger(members: JwkMembers, name: string, longest: number): Result<string, KeyRefusal> {
  const text = members[name];
  const octets = typeof text === 'string' ? decodeBase64url(text) : undefined;
  if (typeof text !== 'string' || octets === undefined || octets.length === 0) return badMember(name);
  if (octets[0] === 0) {
    return refuse('bad-member', `"${name}" of the key begins with a zero octet (RFC 7518 section 6.3.1.1).`);
  }
  if (octets.length > longest) {
    return refuse('bad-length', `"${name}" of the key has ${octets.length} octets, which is too long.`);
  }
  return accepted(text);
}

function readOctets(members: JwkMembers, name: string, length: number): Result<string, KeyRefusal> {
  const text = members[name];
  const octets = typeof text === 'string' ? decodeBase64url(text) : undefined;
  if (typeof text !== 'string' || octets === undefined) return badMember(name);
  if (octets.length !== length) {
    return refuse(
      'bad-length',
      `"${name}" of the key has ${octets.length} octets; its curve needs exactly ${length}.`,
    );
  }
  return accepted(text);
}

function importCanonical(
  jwk: PublicJwk,
  declaredAlgorithm: string | undefined,
): Result<ImportedKey, KeyRefusal> {
  try {
    const keyObject = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const imported = { jwk, thumbprint: jwkThumbprint(jwk), keyObject };
    return accepted(declaredAlgorithm === undefined ? imported : { ...imported, declaredAlgorithm });
  } catch {
    // Encodings and lengths are right by now, so what OpenSSL still refuses is a point that is not on its curve.
    return notOnCurve(jwk.kty === 'RSA' ? 'RSA' : jwk.crv);
  }
}

function badMember(name: string): Result<never, KeyRefusal> {
  return refuse('bad-member', `"${name}" of the key is missing or not base64url without padding.`);
}

function notOnCurve(curve: string): Result<never, KeyRefusal> {
  return refuse('not-on-curve', `The key is not a point of ${curve}, so nothing can be signed with it.`);
}

function refuse(reason: KeyRefusalReason, detail: string): Result<never, KeyRefusal> {
  return refused({ reason, detail });
}
