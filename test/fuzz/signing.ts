import type { KeyObject } from 'node:crypto';
import { sign } from 'node:crypto';

/** How a base64url text can be written otherwise than RFC 7515 section 2 says. */
export const ENCODINGS = [
  'base64url',
  'padded',
  'base64',
  'spaced',
  'spare-bits',
  'newline',
  'foreign',
  'hex',
] as const;
export type Encoding = (typeof ENCODINGS)[number];

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The bytes in that writing. Some writings of some bytes are the right one. */
export function encode(bytes: string | Uint8Array, encoding: Encoding): string {
  const buffer = Buffer.from(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes);
  const right = buffer.toString('base64url');
  switch (encoding) {
    case 'base64url':
      return right;
    case 'padded':
      return right + '='.repeat((4 - (right.length % 4)) % 4);
    case 'base64':
      return buffer.toString('base64');
    case 'spaced':
      return `${right.slice(0, 2)} ${right.slice(2)}`;
    case 'newline':
      return `${right}\n`;
    case 'foreign':
      return `${right}*`;
    case 'hex':
      return buffer.toString('hex');
    case 'spare-bits': {
      // The last character of a text that does not fill it has bits that mean nothing.
      if (right.length % 4 === 0) return right;
      return right.slice(0, -1) + (ALPHABET[ALPHABET.indexOf(right.slice(-1)) ^ 1] ?? '');
    }
  }
}

/** A good ES256 signature (RFC 7518 section 3.4) over two texts, whatever they are. */
export function signTexts(protectedText: string, payloadText: string, key: KeyObject): string {
  const input = Buffer.from(`${protectedText}.${payloadText}`, 'utf8');
  return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}
