import type { KeyObject } from 'node:crypto';
import type { IssuanceConfig } from '../issuance/issuer-config.ts';
import { issuanceSchema } from '../issuance/issuer-config.ts';

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'ecdsa-p256', secp384r1: 'ecdsa-p384' };

/**
 * What to tell an operator who asks for another kind of key than the one that signs: keys that exist stay what they are.
 * The default is nobody's wish, so it is never warned of.
 */
export function keyAlgorithmWarnings(config: IssuanceConfig, signingKey: KeyObject): readonly string[] {
  const { keyAlgorithm, intermediate } = config;
  const found = algorithmOf(signingKey);
  if (found === keyAlgorithm || keyAlgorithm === issuanceSchema.parse({}).keyAlgorithm) return [];
  return [
    intermediate.certificate === undefined
      ? `this folder's CA has ${found} keys; issuance.keyAlgorithm=${keyAlgorithm} counts for a new folder only: --data DIR.`
      : `issuance.intermediate.key is an ${found} key; issuance.keyAlgorithm=${keyAlgorithm} counts for keys that are made, and none is.`,
  ];
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'rsa') return `rsa-${asymmetricKeyDetails?.modulusLength}`;
  return CURVES[asymmetricKeyDetails?.namedCurve ?? ''] ?? String(asymmetricKeyType);
}
