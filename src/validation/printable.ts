/** Bytes of foreign text that are kept of one value in a record. */
export const KEPT_BYTES = 128;

/** Of a URL or a Location: room for every honest one. A redirect's may have 4096, and up to six steps for each of ten hops name it. */
export const KEPT_URL_BYTES = 512;

/**
 * A URL as records, problems and stories name it. It is ASCII already; what lies beyond 512 bytes is cut, and an ellipsis says
 * so. What is requested, and compared to find loops, is the whole one.
 */
export function keptUrl(url: string): string {
  return printableText(url, KEPT_URL_BYTES);
}

/**
 * Foreign bytes as text that is safe in a terminal, a log and a page: printable ASCII as it is, everything else as `\xNN`
 * (`\n`, `\r`, `\t` by their names, a backslash doubled). What lies beyond `limit` bytes is cut, and an ellipsis says so.
 */
export function printable(bytes: Uint8Array, limit = KEPT_BYTES): string {
  let text = '';
  for (const byte of bytes.subarray(0, limit)) text += escaped(byte);
  return bytes.length > limit ? `${text}...` : text;
}

/** The same for text, taken as UTF-8. */
export function printableText(text: string, limit = KEPT_BYTES): string {
  return /^[ -[\]-~]*$/.test(text) && text.length <= limit ? text : printable(Buffer.from(text), limit);
}

function escaped(byte: number): string {
  if (byte === 0x0a) return '\\n';
  if (byte === 0x0d) return '\\r';
  if (byte === 0x09) return '\\t';
  if (byte === 0x5c) return '\\\\';
  if (byte >= 0x20 && byte <= 0x7e) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
