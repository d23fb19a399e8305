import type { WrongTxtCause } from '../protocol/validation-failure.ts';
import { trimmed } from './trimmed.ts';

/** What the TXT record of dns-01 and dns-account-01 is held against. */
export interface ExpectedDigest {
  /** base64url of the SHA-256 of the key authorization: RFC 8555 section 8.4. */
  readonly digest: string;
  readonly keyAuthorization: string;
  readonly token: string;
}

/** Of several wrong values the one to talk about, and what seems to have gone wrong with it, where that can be seen. */
export interface NearestTxt {
  readonly value: string;
  readonly cause?: WrongTxtCause;
}

const DIGEST_SHAPE = /^[A-Za-z0-9_-]{43}$/;
const KEY_AUTHORIZATION_SHAPE = /^[A-Za-z0-9_-]{22,}\.[A-Za-z0-9_-]{43}$/;

/** Of a digest, as much as nobody has by chance. */
const CUT_AT_LEAST = 16;

type Test = (value: string, expected: ExpectedDigest) => boolean;

/** Common mistakes, the more telling ones first. */
const CAUSES: readonly (readonly [WrongTxtCause, Test])[] = [
  ['quoted', (value, { digest }) => /^\\?["'].*["']$/.test(value) && value.includes(digest)],
  ['surrounded', (value, { digest }) => value.includes(digest) && !value.endsWith('=')],
  ['base64', (value, { digest }) => isOtherBase64(value, digest)],
  ['hexadecimal', (value, { digest }) => value.toLowerCase() === hexadecimal(digest)],
  ['letter-case', (value, { digest }) => value.toLowerCase() === digest.toLowerCase()],
  ['cut-short', (value, { digest }) => value.length >= CUT_AT_LEAST && digest.startsWith(value)],
  ['key-authorization', (value, { keyAuthorization }) => value.includes(keyAuthorization)],
  ['key-authorization', (value) => KEY_AUTHORIZATION_SHAPE.test(bare(value))],
  ['token', (value, { token }) => bare(value) === token],
  ['other-digest', (value) => DIGEST_SHAPE.test(bare(value))],
];

/** Picks, of values none of which is the digest, the one that comes nearest. The first where none comes near. */
export function nearestTxt(values: readonly string[], expected: ExpectedDigest): NearestTxt {
  for (const [cause, test] of CAUSES) {
    const value = values.find((each) => test(each, expected));
    if (value !== undefined) return { value, cause };
  }
  return { value: values[0] ?? '' };
}

/** Without the quotation marks and white space that come of copying. */
function bare(value: string): string {
  return trimmed(value, /[\s"'\\]/);
}

/** RFC 4648 section 5 against section 4: other characters for two of the 64, and no padding. */
function isOtherBase64(value: string, digest: string): boolean {
  const unpadded = bare(value).replace(/={1,2}$/, '');
  return unpadded.replaceAll('+', '-').replaceAll('/', '_') === digest;
}

function hexadecimal(digest: string): string {
  return Buffer.from(digest, 'base64url').toString('hex');
}
