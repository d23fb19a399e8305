import type { KeyObject } from 'node:crypto';
import {
  contextConstructed,
  encodeBitString,
  encodeDer,
  encodeSequence,
  encodeUnsignedInteger,
} from './der-writer.ts';
import type { Extension } from './extension.ts';
import { encodeExtensions } from './extension.ts';
import type { SigningAlgorithm } from './signature-algorithm.ts';
import { encodeSignatureAlgorithm, signBytes, signingAlgorithmOf } from './signature-algorithm.ts';
import { encodeTime } from './time.ts';

/** What a certificate is to say: RFC 5280 section 4.1.2. */
export interface TbsCertificate {
  /** Big-endian octets of the positive serial number, at most 20 in DER (section 4.1.2.2). */
  readonly serial: Uint8Array;
  readonly signatureAlgorithm: SigningAlgorithm;
  /** DER Name: the issuer's subject, byte for byte. */
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970, cut to whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER Name, see `encodeName`. */
  readonly subject: Uint8Array;
  /** DER. */
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** A to-be-signed certificate in bytes: what a lint reads, and what is signed. */
export interface EncodedTbsCertificate {
  readonly der: Uint8Array;
  readonly signatureAlgorithm: SigningAlgorithm;
}

/** Encodes a version 3 TBSCertificate. Throws a RangeError for a serial or a time that a certificate cannot hold. */
export function encodeTbsCertificate(certificate: TbsCertificate): EncodedTbsCertificate {
  const { serial, signatureAlgorithm } = certificate;
  const encodedSerial = encodeUnsignedInteger(serial);
  if (encodedSerial.length > 2 + 20 || serial.every((octet) => octet === 0))
    throw new RangeError('A serial number is positive and has at most 20 octets (RFC 5280 section 4.1.2.2).');
  const der = encodeSequence(
    encodeDer(contextConstructed(0), encodeUnsignedInteger(Uint8Array.of(2))),
    encodedSerial,
    encodeSignatureAlgorithm(signatureAlgorithm),
    certificate.issuer,
    encodeSequence(encodeTime(certificate.notBefore), encodeTime(certificate.notAfter)),
    certificate.subject,
    certificate.subjectPublicKeyInfo,
    encodeDer(contextConstructed(3), encodeExtensions(certificate.extensions)),
  );
  return { der, signatureAlgorithm };
}

/**
 * Signs a to-be-signed certificate and returns the certificate's DER. Throws a RangeError when the key is not one for the
 * algorithm that the bytes name (RFC 5280 section 4.1.1.2 wants the same in both places).
 */
export function signCertificate(tbs: EncodedTbsCertificate, privateKey: KeyObject): Uint8Array {
  const { der, signatureAlgorithm } = tbs;
  if (signingAlgorithmOf(privateKey) !== signatureAlgorithm)
    throw new RangeError(
      `The certificate names ${signatureAlgorithm}, and the key is for another algorithm.`,
    );
  const signature = signBytes(signatureAlgorithm, privateKey, der);
  return encodeSequence(der, encodeSignatureAlgorithm(signatureAlgorithm), encodeBitString(signature));
}
