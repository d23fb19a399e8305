import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { algorithmOfKey } from '../jws/algorithms.ts';
import { importPublicKey } from '../jws/public-key.ts';
import type { AccountKey } from '../jws/sign.ts';

/** The key cannot sign ACME requests; the message says which can. */
export class UnusableKeyError extends Error {
  constructor(detail: string) {
    super(
      `this key cannot sign ACME requests: ${detail} Use a private key on P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits or more.`,
    );
    this.name = 'UnusableKeyError';
  }
}

/** A private key with what its requests need: algorithm, JWK and thumbprint. Throws UnusableKeyError. */
export function accountKeyOf(privateKey: KeyObject): AccountKey {
  const imported = importPublicKey(exportJwk(privateKey));
  if (!imported.ok) throw new UnusableKeyError(imported.refusal.detail);
  const { jwk, thumbprint } = imported.value;
  return { privateKey, jwk, thumbprint, algorithm: algorithmOfKey(jwk) };
}

function exportJwk(privateKey: KeyObject): unknown {
  try {
    return createPublicKey(privateKey).export({ format: 'jwk' });
  } catch (error) {
    throw new UnusableKeyError(`${error instanceof Error ? error.message : String(error)}.`);
  }
}
