import { createHash } from 'node:crypto';

/** RFC 4648 section 6, in lower case as host names are. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const DIGEST_BYTES = 10;
const BITS = 5;

/**
 * Where dns-account-01's TXT record lies: like dns-01's, below a label that the account's URL gives, so that accounts do not
 * get into each other's way (draft-ietf-acme-dns-account-label section 3.1).
 */
export function dnsAccount01Name(domain: string, accountUrl: string): string {
  return `_${accountLabel(accountUrl)}._acme-challenge.${domain}`;
}

/** Base32 of the first 10 bytes of the URL's SHA-256: 16 characters, so that nothing is left over to pad. */
function accountLabel(accountUrl: string): string {
  const digest = createHash('sha256').update(accountUrl).digest().subarray(0, DIGEST_BYTES);
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const places = Array.from({ length: bits.length / BITS }, (_, at) => at * BITS);
  return places.map((at) => ALPHABET[Number.parseInt(bits.slice(at, at + BITS), 2)]).join('');
}
