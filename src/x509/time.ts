import type { DerNode } from './der-reader.ts';
import { DerError } from './der-reader.ts';
import { encodeAsciiText, TAG } from './der-writer.ts';

/**
 * A certificate's time from milliseconds since 1970, cut to whole seconds: UTCTime through 2049, GeneralizedTime from 2050
 * (RFC 5280 section 4.1.2.5). Throws a RangeError before 1950 and after 9999.
 */
export function encodeTime(milliseconds: number): Uint8Array {
  const date = new Date(milliseconds);
  const year = date.getUTCFullYear();
  if (!(year >= 1950 && year <= 9999))
    throw new RangeError(`A certificate cannot hold the time ${milliseconds}.`);
  const text = `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
  return year < 2050
    ? encodeAsciiText(TAG.utcTime, text.slice(2))
    : encodeAsciiText(TAG.generalizedTime, text);
}

/** Milliseconds since 1970 of a certificate's time. Throws DerError for what RFC 5280 section 4.1.2.5 forbids. */
export function readTime(node: DerNode, what: string): number {
  const text = Buffer.from(node.content).toString('latin1');
  const short = node.tag === TAG.utcTime && /^[0-9]{12}Z$/.test(text);
  const long = node.tag === TAG.generalizedTime && /^[0-9]{14}Z$/.test(text);
  // Section 4.1.2.5.1: two digits from 50 mean 19YY.
  const full = short ? `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}` : text;
  const iso = full.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const milliseconds = short || long ? Date.parse(iso) : Number.NaN;
  // A day such as 30 February parses, as another day.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== iso)
    throw new DerError('structure', `Its ${what} is not a time.`);
  return milliseconds;
}
