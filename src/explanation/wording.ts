import type { AddressFamily } from '../protocol/address-family-rule.ts';

/** The family's usual spelling. */
export function familyName(family: AddressFamily): string {
  return family === 'ipv6' ? 'IPv6' : 'IPv4';
}

/** A duration of `milliseconds` for people: `12 ms`, `10 s`, `1.5 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${Number((milliseconds / 1000).toFixed(1))} s`;
}

/** A sentence: upper-case first letter and a full stop. */
export function sentence(words: string): string {
  return ended(`${words.charAt(0).toUpperCase()}${words.slice(1)}`);
}

/** With a full stop, and the words as they are: people search for them. */
export function ended(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

/** In quotation marks of the kind that the text does not have. */
export function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

const QUOTED_AT_MOST = 43;
const QUOTED_END = 16;

/** The other side's text for a sentence: of a long one beginning and end. The record has more of it. */
export function excerpt(text: string, atMost = QUOTED_AT_MOST): string {
  if (text.length <= atMost) return text;
  return `${text.slice(0, atMost - QUOTED_END - 3)}...${text.slice(-QUOTED_END)}`;
}

/** The longest URL that a sentence can bear. */
const LONGEST_URL = 300;

/** A URL for a sentence: a long one is cut, and an ellipsis says so. */
export function brief(url: string): string {
  return url.length > LONGEST_URL ? `${url.slice(0, LONGEST_URL)}...` : url;
}
