import { jwkThumbprint } from '../jws/public-key.ts';
import type { PublicKey } from '../x509/public-key.ts';
import { publicKeyToJwk } from '../x509/public-key.ts';

/**
 * The RFC 7638 thumbprint of a certificate's or a CSR's key, which is what accounts are found by. Undefined for kinds of
 * keys that no account can have.
 */
export function certificateKeyThumbprint(key: PublicKey): string | undefined {
  const jwk = publicKeyToJwk(key);
  return jwk === undefined ? undefined : jwkThumbprint(jwk);
}
