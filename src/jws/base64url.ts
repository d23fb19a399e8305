/**
 * Decodes base64url as RFC 7515 section 2 writes it: no padding, no white space, and (RFC 4648 section 3.5) no set bits
 * beyond the last octet. Returns undefined for any text that encoding would not have produced.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Node's decoder skips what it does not know, so only a text that comes back unchanged was strict.
  return bytes.toString('base64url') === text ? bytes : undefined;
}
