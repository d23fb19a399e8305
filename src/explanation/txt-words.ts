import type { NoTxtFailure, WrongTxtCause, WrongTxtFailure } from '../protocol/validation-failure.ts';
import { excerpt, quoted } from './wording.ts';

/** A key authorization fits, which is a common mistake. */
const TXT_AT_MOST = 88;

/** That there is no TXT record, or none with the digest, and where. */
export function txtWords(failure: NoTxtFailure | WrongTxtFailure): string {
  if (failure.class === 'no-txt') return `No TXT record found at ${placeWords(failure)}`;
  const { received, receivedInAll = received.length, nearest = received[0] ?? '', expected } = failure;
  const others = receivedInAll - 1;
  const more = others > 0 ? ` (and ${others} more)` : '';
  return `Incorrect TXT record ${quoted(excerpt(nearest, TXT_AT_MOST))}${more} found at ${placeWords(failure)}. Expected "${expected}"`;
}

/** Of an alias both ends, since what has to be changed is at the other one. */
export function placeWords(place: {
  readonly name: string;
  readonly alias?: string;
  readonly accountUrl?: string;
}): string {
  const { name, alias, accountUrl } = place;
  const elsewhere = alias === undefined ? '' : `, an alias of ${alias}`;
  const account = accountUrl === undefined ? '' : ` (account: ${accountUrl})`;
  return `${name}${elsewhere}${account}`;
}

/** What to change so that the record passes. */
export function hintForWrongTxt({ cause, alias, nearest = '', expected }: WrongTxtFailure): string {
  if (cause === 'cut-short')
    return `Put the whole expected value there: it is right, but ends after ${nearest.length} of ${expected.length} characters.`;
  if (cause !== undefined) return CAUSE_HINTS[cause];
  const where = alias === undefined ? '' : ` at ${alias}`;
  return `Add a TXT record with the expected value${where}, and wait until all name servers of the zone have it.`;
}

const CAUSE_HINTS: Readonly<Record<Exclude<WrongTxtCause, 'cut-short'>, string>> = {
  quoted: 'Take the quotation marks out of the value: they belong to zone files, not to the record.',
  surrounded: 'Make the expected value the whole record: something stands beside it.',
  base64:
    'Write the digest in base64url (RFC 4648 section 5): - and _ in place of + and /, and no = at the end.',
  hexadecimal: 'Write the digest in base64url (RFC 4648 section 5), not in hexadecimal.',
  'letter-case': 'Keep capital and small letters as they are: base64url tells them apart.',
  'key-authorization':
    'Put the SHA-256 digest of the key authorization there (the expected value), not the key authorization itself: RFC 8555 section 8.4.',
  token:
    'Put the SHA-256 digest of the key authorization there (the expected value), not the token: RFC 8555 section 8.4.',
  'other-digest':
    "That is the digest of another challenge or of another account's key. Add the expected value, and wait until all name servers of the zone have it.",
};
