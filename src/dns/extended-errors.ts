/** What a server says beyond the response code: RFC 8914. */
export interface ExtendedError {
  readonly code: number;
  /** Foreign text, cut and made printable; empty when the server gave none. */
  readonly text: string;
}

/** IANA's registry "Extended DNS Error Codes"; the index is the code. */
const NAMES: readonly string[] = [
  'Other Error',
  'Unsupported DNSKEY Algorithm',
  'Unsupported DS Digest Type',
  'Stale Answer',
  'Forged Answer',
  'DNSSEC Indeterminate',
  'DNSSEC Bogus',
  'Signature Expired',
  'Signature Not Yet Valid',
  'DNSKEY Missing',
  'RRSIGs Missing',
  'No Zone Key Bit Set',
  'NSEC Missing',
  'Cached Error',
  'Not Ready',
  'Blocked',
  'Censored',
  'Filtered',
  'Prohibited',
  'Stale NXDOMAIN Answer',
  'Not Authoritative',
  'Not Supported',
  'No Reachable Authority',
  'Network Error',
  'Invalid Data',
  'Signature Expired before Valid',
  'Too Early',
  'Unsupported NSEC3 Iterations Value',
  'Unable to conform to policy',
  'Synthesized',
  'Invalid Query Type',
];

/** RFC 8914 section 2. */
const OPTION_EXTENDED_ERROR = 15;
/** An answer may hold thousands; whoever reads needs the first. */
const KEPT_ERRORS = 3;
const KEPT_TEXT_BYTES = 200;

/**
 * Reads the extended errors among the options of an OPT record (RFC 6891 section 6.1.2), at most three. They explain and
 * decide nothing, so that damaged options end the reading and do no other harm.
 */
export function readExtendedErrors(options: Uint8Array): readonly ExtendedError[] {
  const view = new DataView(options.buffer, options.byteOffset, options.byteLength);
  const errors: ExtendedError[] = [];
  for (let offset = 0; offset + 4 <= options.length && errors.length < KEPT_ERRORS; ) {
    const start = offset + 4;
    const end = start + view.getUint16(offset + 2);
    if (end > options.length) break;
    if (view.getUint16(offset) === OPTION_EXTENDED_ERROR && end >= start + 2) {
      errors.push({ code: view.getUint16(start), text: printable(options.subarray(start + 2, end)) });
    }
    offset = end;
  }
  return errors;
}

/** In words: `the server says DNSSEC Bogus (extended error 6): signature expired`. */
export function extendedErrorWords(errors: readonly ExtendedError[]): string {
  const each = errors.map(({ code, text }) => {
    const name = `${NAMES[code] ?? 'something unknown'} (extended error ${code})`;
    return text === '' ? name : `${name}: ${text}`;
  });
  return `the server says ${each.join('; ')}`;
}

/** RFC 8914 section 2: the text may end with a null byte, and may be anything. */
function printable(bytes: Uint8Array): string {
  const ended = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
  const text = Buffer.from(ended.subarray(0, KEPT_TEXT_BYTES)).toString('latin1');
  return `${text.replace(/[^\x20-\x7e]/g, '?')}${ended.length > KEPT_TEXT_BYTES ? '...' : ''}`;
}
