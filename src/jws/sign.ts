import type { KeyObject } from 'node:crypto';
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { FlattenedSign } from 'jose';
import type { PublicJwk } from '../protocol/json-web-key.ts';
import type { SignatureAlgorithm } from './algorithms.ts';
import { importPublicKey } from './public-key.ts';

/** A JWS as it is sent: RFC 7515 section 7.2.2. */
export interface SignedJws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

export interface SigningRequest {
  readonly privateKey: KeyObject;
  readonly algorithm: SignatureAlgorithm;
  /** Without `alg`. */
  readonly protectedHeader: {
    readonly nonce?: string;
    readonly url: string;
    readonly jwk?: PublicJwk;
    readonly kid?: string;
  };
  /** An empty text makes a POST-as-GET (RFC 8555 section 6.3). */
  readonly payload: Uint8Array | string;
}

/** A key pair for an account: RFC 8555 section 7.3. */
export interface AccountKey {
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: KeyObject;
  readonly jwk: PublicJwk;
  readonly thumbprint: string;
}

/** Signs a payload as flattened JSON. Rejects when the key does not fit the algorithm. */
export async function signFlattenedJws(request: SigningRequest): Promise<SignedJws> {
  const payload = typeof request.payload === 'string' ? Buffer.from(request.payload) : request.payload;
  const { protected: protectedText, ...rest } = await new FlattenedSign(payload)
    .setProtectedHeader({ ...request.protectedHeader, alg: request.algorithm })
    .sign(request.privateKey);
  if (protectedText === undefined) throw new Error('unreachable: a protected header was set');
  return { protected: protectedText, payload: rest.payload, signature: rest.signature };
}

/** Makes a key pair for an account; RSA keys have 2048 bits. */
export async function generateAccountKey(algorithm: SignatureAlgorithm = 'ES256'): Promise<AccountKey> {
  const { publicKey, privateKey } = await generatePair(algorithm);
  const imported = importPublicKey(publicKey.export({ format: 'jwk' }));
  if (!imported.ok) throw new Error(`a generated key was refused: ${imported.refusal.detail}`);
  return { algorithm, privateKey, jwk: imported.value.jwk, thumbprint: imported.value.thumbprint };
}

async function generatePair(
  algorithm: SignatureAlgorithm,
): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  const generate = promisify(generateKeyPair);
  switch (algorithm) {
    case 'RS256':
      return generate('rsa', { modulusLength: 2048 });
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'ES384':
      return generate('ec', { namedCurve: 'P-384' });
    case 'ES512':
      return generate('ec', { namedCurve: 'P-521' });
    case 'EdDSA':
      return generate('ed25519');
  }
}
