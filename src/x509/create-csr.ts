import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { encodeBitString, encodeSequence, encodeUnsignedInteger } from './der-writer.ts';
import { encodeName } from './distinguished-name.ts';
import { encodeExtensions } from './extension.ts';
import { extensionRequestAttributes, subjectAlternativeName } from './extensions.ts';
import { encodeSignatureAlgorithm, signBytes, signingAlgorithmOf } from './signature-algorithm.ts';

export interface CsrRequest {
  readonly privateKey: KeyObject;
  readonly dnsNames: readonly string[];
  /** Text, IPv4 or IPv6. */
  readonly ipAddresses: readonly string[];
  /** Absent for an empty subject. */
  readonly commonName?: string;
}

/**
 * Makes the DER of a certification request (RFC 2986) for the names, signed by the key. Throws a RangeError for names that
 * a certificate cannot hold, and for keys that cannot sign here.
 */
export function createCsr(request: CsrRequest): Uint8Array {
  const { privateKey, dnsNames, ipAddresses, commonName } = request;
  const algorithm = signingAlgorithmOf(privateKey);
  const names = subjectAlternativeName({ dnsNames, ipAddresses, critical: commonName === undefined });
  const info = encodeSequence(
    encodeUnsignedInteger(Uint8Array.of(0)),
    encodeName(commonName),
    exportPublicKey(privateKey),
    extensionRequestAttributes(encodeExtensions([names])),
  );
  const signature = signBytes(algorithm, privateKey, info);
  return encodeSequence(info, encodeSignatureAlgorithm(algorithm), encodeBitString(signature));
}

/** The DER SubjectPublicKeyInfo of a private or public key. */
export function exportPublicKey(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  return publicKey.export({ type: 'spki', format: 'der' });
}
