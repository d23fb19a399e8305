import type { PublicJwk } from '../protocol/json-web-key.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused, unreachable } from '../protocol/result.ts';
import type { PublicKey } from '../x509/public-key.ts';
import { hasRocaFingerprint, hasSmallFactor, isFermatFactorable } from './rsa-weakness.ts';

/** As Let's Encrypt: BR 6.1.6 asks for 2048 or more in steps of 8, and these sizes are the ones in use. */
const RSA_SIZES: readonly number[] = [2048, 3072, 4096];
const RSA_EXPONENT = 65537n;
const FERMAT_ROUNDS = 110;

export type KeyPolicyReason =
  | 'rsa-size'
  | 'rsa-exponent'
  | 'rsa-small-factor'
  | 'rsa-roca'
  | 'rsa-close-primes'
  | 'curve'
  | 'type';

/** Why a key is not good enough. `detail` is a sentence for its owner. */
export interface KeyPolicyRefusal {
  readonly reason: KeyPolicyReason;
  readonly detail: string;
}

/**
 * Judges the key of an account: RSA of 2048, 3072 or 4096 bits without known weakness, P-256, P-384, P-521, or Ed25519.
 * RFC 8555 section 6.2: what is refused is answered `badPublicKey`.
 */
export function checkAccountKey(jwk: PublicJwk): Result<undefined, KeyPolicyRefusal> {
  if (jwk.kty !== 'RSA') return accepted(undefined);
  return judge(refuseRsa(Buffer.from(jwk.n, 'base64url'), Buffer.from(jwk.e, 'base64url')));
}

/**
 * Judges the key that a certificate is asked for: RSA as for accounts, P-256 or P-384, as Let's Encrypt's profiles allow.
 * RFC 8555 section 11.1 and BR 6.1.1.3; what is refused is answered `badCSR`.
 */
export function checkCertificateKey(key: PublicKey): Result<undefined, KeyPolicyRefusal> {
  switch (key.type) {
    case 'RSA':
      return judge(refuseRsa(key.modulus, key.exponent));
    case 'EC':
      return key.curve === 'P-521'
        ? refuse('curve', 'The key is on P-521; certificates are made for P-256, P-384 and RSA keys.')
        : accepted(undefined);
    case 'Ed25519':
      return refuse(
        'type',
        'The key is an Ed25519 key; certificates are made for P-256, P-384 and RSA keys.',
      );
    case 'other':
      return refuse(
        'type',
        `The key is of the kind ${key.algorithm}; certificates are made for P-256, P-384 and RSA keys.`,
      );
    default:
      return unreachable(key);
  }
}

function refuseRsa(modulusOctets: Uint8Array, exponentOctets: Uint8Array): KeyPolicyRefusal | undefined {
  // An oversized key is refused by its length alone, before any arithmetic.
  const bits = bitLength(modulusOctets);
  if (!RSA_SIZES.includes(bits)) {
    return {
      reason: 'rsa-size',
      detail: `The RSA key has ${bits} bits; it must have 2048, 3072 or 4096.`,
    };
  }
  if (bitLength(exponentOctets) > 64 || toInteger(exponentOctets) !== RSA_EXPONENT) {
    return { reason: 'rsa-exponent', detail: 'The public exponent of the RSA key is not 65537.' };
  }
  const modulus = toInteger(modulusOctets);
  if (hasSmallFactor(modulus)) {
    return {
      reason: 'rsa-small-factor',
      detail: 'The RSA modulus has a prime factor of 751 or less, so anybody can factor it. Make a new key.',
    };
  }
  if (hasRocaFingerprint(modulus)) {
    return {
      reason: 'rsa-roca',
      detail:
        'The RSA key was made by a faulty library (ROCA, CVE-2017-15361) and can be factored. Make a new key elsewhere.',
    };
  }
  if (isFermatFactorable(modulus, FERMAT_ROUNDS)) {
    return {
      reason: 'rsa-close-primes',
      detail:
        "The primes of the RSA key are close together, so Fermat's method factors it. Make a new key elsewhere.",
    };
  }
  return undefined;
}

function bitLength(octets: Uint8Array): number {
  const first = octets.findIndex((octet) => octet !== 0);
  return first < 0 ? 0 : (octets.length - first) * 8 - Math.clz32(octets[first] ?? 0) + 24;
}

function toInteger(octets: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(octets).toString('hex')}`);
}

function judge(refusal: KeyPolicyRefusal | undefined): Result<undefined, KeyPolicyRefusal> {
  return refusal === undefined ? accepted(undefined) : refused(refusal);
}

function refuse(reason: KeyPolicyReason, detail: string): Result<undefined, KeyPolicyRefusal> {
  return refused({ reason, detail });
}
