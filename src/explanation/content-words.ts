import type { BodyTooLongFailure, WrongContentFailure } from '../protocol/validation-failure.ts';
import { rightOverIpv4 } from './address-origin.ts';

/** How what was found differs from what was expected: for the record's reader, and what its owner is told to change. */
export interface Difference {
  /** The end of a sentence about what was found: `it ...`. */
  readonly words: string;
  readonly hint: string;
}

/** RFC 8555 section 8.1: a token of at least 128 bits, and a SHA-256 thumbprint, both in base64url. */
const KEY_AUTHORIZATION = /^[A-Za-z0-9_-]{22,}\.[A-Za-z0-9_-]{43}$/;

/** White space and a byte order mark, as a record has them. */
const BLANK = String.raw`(?: |\\[nrt]|\\xc2\\xa0)`;
const MARK = String.raw`\xef\xbb\xbf`;
const PAGE = new RegExp(String.raw`^(?:${BLANK}|\\xef\\xbb\\xbf)*<`);
const AROUND = new RegExp(`^(?:${BLANK})+|(?:${BLANK})+$`, 'g');

/**
 * Compares a body (printable, foreign bytes as `\xNN`) with the key authorization that http-01 expects: RFC 8555 section 8.3.
 * Undefined when something else was expected, of which only the two texts can be shown.
 */
export function contentDifference(expected: string, received: string): Difference | undefined {
  if (!KEY_AUTHORIZATION.test(expected)) return undefined;
  const [token = '', thumbprint = ''] = expected.split('.');
  const [before = '', behind] = received.replaceAll(AROUND, '').split('.');
  if (received === '') return EMPTY_FILE;
  if (received.startsWith(MARK)) return BYTE_ORDER_MARK;
  if (PAGE.test(received)) return WEB_PAGE;
  if (received.startsWith(expected)) return FOLLOWED;
  if (received.replaceAll(AROUND, '') === expected) return SPACE_IN_FRONT;
  if (withoutQuotes(received) === expected) return QUOTED;
  if (received.toLowerCase() === expected.toLowerCase()) return otherCase(expected, received);
  if (before === token && (behind ?? '') === '') return TOKEN_ALONE;
  if (expected.startsWith(received)) return cutShort(received);
  if (KEY_AUTHORIZATION.test(`${before}.${behind}`)) {
    if (before === token) return otherKey(token);
    return behind === thumbprint ? OTHER_TOKEN : OTHER_CHALLENGE;
  }
  const at = firstDifference(expected, received);
  return at === 0 ? UNRELATED_CONTENT : differsFrom(at);
}

/** What to change about a body that is not the key authorization. */
export function hintForContent(failure: WrongContentFailure | BodyTooLongFailure): string {
  const overIpv4 = rightOverIpv4(failure);
  if (failure.class === 'body-too-long') return `${longBodyHint(failure.start)}${overIpv4}`;
  // Over IPv6 with an IPv4 address beside it, another server is the likeliest, whatever its content.
  if (overIpv4 !== '') return `Serve the expected text over IPv6 too.${overIpv4}`;
  const { expected, received } = failure;
  return contentDifference(expected, received)?.hint ?? 'Serve exactly the expected text.';
}

function longBodyHint(start: string): string {
  if (PAGE.test(start)) return WEB_PAGE.hint;
  return BEGINS_RIGHT.test(start)
    ? 'Serve the key authorization alone: too much follows it, if only white space.'
    : 'Serve the key authorization alone: what answers has other content.';
}

const BEGINS_RIGHT = /^[A-Za-z0-9_-]{22,}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/;

const EMPTY_FILE = { words: 'it is empty', hint: 'Write the key authorization into the file: it is empty.' };
const BYTE_ORDER_MARK = {
  words: 'it begins with a byte order mark (EF BB BF)',
  hint: 'Save the file as plain ASCII: the byte order mark in front of it counts.',
};
const WEB_PAGE = {
  words: "it is a page of a web site, and not the ACME client's file",
  hint: "Let the web server answer this path with the ACME client's file, and not with a page.",
};
const FOLLOWED = {
  words: 'it is right, but more text follows',
  hint: 'Serve the key authorization alone, without the text that follows it.',
};
const SPACE_IN_FRONT = {
  words: 'it is right, but white space stands in front',
  hint: 'Take away the white space in front: only that at the end is passed over.',
};
const QUOTED = {
  words: 'it is right, but stands in quotation marks',
  hint: 'Serve it without the quotation marks.',
};
const TOKEN_ALONE = {
  words: "it is the token alone: a dot and the thumbprint of the account's key are missing",
  hint: "Serve the token, a dot and the thumbprint of the account's key, as the ACME client makes them.",
};
const OTHER_TOKEN = {
  words: "it ends with this account's thumbprint, but begins with another challenge's token",
  hint: "Serve the file of this challenge: an older challenge's file, a cache or another server answers.",
};
const OTHER_CHALLENGE = {
  words: "it is a key authorization, of another challenge and another account's key",
  hint: 'Let the ACME client that ordered answer: the file of another challenge of another account is there.',
};
const UNRELATED_CONTENT = {
  words: 'it differs from the first byte on',
  hint: "Serve the ACME client's file there: what answers has other content, perhaps another server's.",
};

function otherKey(token: string): Difference {
  return {
    words: `its token is right, but behind it (from byte ${token.length + 2} on) is the thumbprint of another account's key`,
    hint: "Let the ACME client and account that ordered answer: the thumbprint is another account's.",
  };
}

function otherCase(expected: string, received: string): Difference {
  return {
    words: `it differs in upper and lower case (from byte ${firstDifference(expected, received) + 1} on)`,
    hint: 'Keep upper and lower case as they are: base64url needs both.',
  };
}

function cutShort(received: string): Difference {
  return {
    words: `it is right, but ends after ${received.length} bytes`,
    hint: `Serve it whole: it ends after ${received.length} bytes.`,
  };
}

function differsFrom(at: number): Difference {
  return {
    words: `it differs from byte ${at + 1} on`,
    hint: `Serve exactly the expected text: it differs from byte ${at + 1} on.`,
  };
}

function withoutQuotes(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

/** Where the two part; both are ASCII up to there, so that characters are bytes. */
function firstDifference(expected: string, received: string): number {
  const length = Math.min(expected.length, received.length);
  for (let at = 0; at < length; at += 1) if (expected[at] !== received[at]) return at;
  return length;
}
