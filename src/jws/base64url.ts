/**
 * Decodes base64url as RFC 7515 section 2 writes it: no padding, no white space, and (RFC 4648 section 3.5) no set bits
 * beyond the last octet. Returns undefined for any text that encoding would not have produced.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Node's decoder skips what it does not know, so only a text that comes back unchanged was strict.
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** Encodes as base64url without padding (RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}
