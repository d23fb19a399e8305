import type { PublicJwk } from '../protocol/json-web-key.ts';

/** What is accepted in `alg`: RFC 8555 section 6.2 demands ES256; RFC 7518 section 3.1 and RFC 8037 define the others. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** How node:crypto is told to check an algorithm. */
export interface SignatureScheme {
  readonly hash: string | undefined;
  readonly encoding: 'ieee-p1363' | undefined;
}

/** RFC 7518 section 3.4: an ECDSA signature is R and S side by side, each as long as the curve's order (`ieee-p1363`). */
export const SIGNATURE_SCHEMES: Readonly<Record<SignatureAlgorithm, SignatureScheme>> = {
  RS256: { hash: 'sha256', encoding: undefined },
  ES256: { hash: 'sha256', encoding: 'ieee-p1363' },
  ES384: { hash: 'sha384', encoding: 'ieee-p1363' },
  ES512: { hash: 'sha512', encoding: 'ieee-p1363' },
  EdDSA: { hash: undefined, encoding: undefined },
};

/** Narrows an `alg` to the accepted ones. */
export function isSignatureAlgorithm(algorithm: string): algorithm is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((known) => known === algorithm);
}

/** The one accepted algorithm that a key can sign with: RFC 7518 section 3.4 binds each curve to one, RFC 8037 section 3.1 Ed25519. */
export function algorithmOfKey(jwk: PublicJwk): SignatureAlgorithm {
  switch (jwk.kty) {
    case 'RSA':
      return 'RS256';
    case 'OKP':
      return 'EdDSA';
    case 'EC':
      return ({ 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' } as const)[jwk.crv];
  }
}

/** True when the key is of the type and curve that the algorithm needs. */
export function algorithmFitsKey(algorithm: string, jwk: PublicJwk): boolean {
  return algorithmOfKey(jwk) === algorithm;
}
