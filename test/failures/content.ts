import { KEY_AUTHORIZATION, TOKEN } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import {
  ASKED,
  BOTH,
  CONNECTS_V4,
  CONNECTS_V6,
  NO_RETRY,
  NO_RETRY_STEP,
  OR_NO_AAAA,
  V4,
  V6,
} from './failure-case.ts';
import { answers, serves, web } from './services.ts';

const THUMBPRINT = KEY_AUTHORIZATION.slice(TOKEN.length + 1);
const OTHER_THUMBPRINT = 'LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ';
const OTHER_TOKEN = 'DGyRejmCefe7v4NfDGDKfA0aBvvLbLsRMPmPNE0gXWM';
const WELCOME =
  '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n<p>If you see this page, it works.</p>\n</body>\n</html>\n';

const TOO_LONG: readonly FailureCase[] = [
  {
    what: 'a page of the site comes in place of the file',
    is: 'body-too-long',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: more than 127 bytes, beginning "<!DOCTYPE html>\\n<html>\\...ou see this page". Let the web server answer this path with the ACME client's file, and not with a page.`,
    steps: [...CONNECTS_V4, 'status 200', 'compare: different'],
    servers: { [`${V4} http`]: answers(200, WELCOME) },
  },
  {
    what: 'a page of the site comes over IPv6, and IPv4 would serve the file',
    is: 'body-too-long',
    code: 'unauthorized',
    detail: `::1: Invalid response from ${ASKED}: more than 127 bytes, beginning "<!DOCTYPE html>\\n<html>\\...ou see this page". ${NO_RETRY} Let the web server answer this path with the ACME client's file, and not with a page. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'status 200', 'compare: different', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: answers(200, WELCOME), [`${V4} http`]: serves },
  },
  {
    what: 'the right text comes, and more behind it',
    is: 'body-too-long',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: more than 127 bytes, beginning "evaGxfADs6pSRb2LAv9IZf17...lease do not edi". Serve the key authorization alone: too much follows it, if only white space.`,
    steps: [...CONNECTS_V4, 'status 200', 'compare: different'],
    servers: {
      [`${V4} http`]: answers(200, `${KEY_AUTHORIZATION}\n# written by a script; please do not edit here`),
    },
  },
  {
    what: 'the right text comes with 100 spaces behind it',
    is: 'body-too-long',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: more than 127 bytes, beginning "evaGxfADs6pSRb2LAv9IZf17...                ". Serve the key authorization alone: too much follows it, if only white space.`,
    steps: [...CONNECTS_V4, 'status 200', 'compare: different'],
    servers: { [`${V4} http`]: answers(200, `${KEY_AUTHORIZATION}${' '.repeat(100)}`) },
  },
];

const DIFFERS = [...CONNECTS_V4, 'status 200', 'compare: different'];

/** The body is `got`, as the detail has it. */
function wrong(
  what: string,
  body: string | Buffer,
  { got, hint, ...more }: Partial<FailureCase> & { readonly got: string; readonly hint: string },
): FailureCase {
  return {
    what,
    is: 'wrong-content',
    code: 'unauthorized',
    detail: `${V4}: The key authorization file from the server did not match this challenge. Expected "evaGxfADs6pSRb2LAv9IZf17...Ou0tA3M9fm21mqTI" (got ${got.includes('"') ? `'${got}'` : `"${got}"`}). ${hint}`,
    steps: DIFFERS,
    servers: { [`${V4} http`]: web((_, response) => response.end(body)) },
    ...more,
  };
}

const WRONG: readonly FailureCase[] = [
  wrong("the file has the thumbprint of another account's key", `${TOKEN}.${OTHER_THUMBPRINT}`, {
    got: 'evaGxfADs6pSRb2LAv9IZf17...fp0JecwQzYpOLmCQ',
    hint: "Let the ACME client and account that ordered answer: the thumbprint is another account's.",
  }),
  wrong('the file is of an older challenge', `${OTHER_TOKEN}.${THUMBPRINT}`, {
    got: 'DGyRejmCefe7v4NfDGDKfA0a...Ou0tA3M9fm21mqTI',
    hint: "Serve the file of this challenge: an older challenge's file, a cache or another server answers.",
  }),
  wrong("the file is of another account's challenge", `${OTHER_TOKEN}.${OTHER_THUMBPRINT}`, {
    got: 'DGyRejmCefe7v4NfDGDKfA0a...fp0JecwQzYpOLmCQ',
    hint: 'Let the ACME client that ordered answer: the file of another challenge of another account is there.',
  }),
  wrong('the file has the token alone', `${TOKEN}\n`, {
    got: 'evaGxfADs6pSRb2LAv9IZf17...xGJ-PCt92wr-oA\\n',
    hint: "Serve the token, a dot and the thumbprint of the account's key, as the ACME client makes them.",
  }),
  wrong('the file begins with a byte order mark', `\ufeff${KEY_AUTHORIZATION}`, {
    got: '\\xef\\xbb\\xbfevaGxfADs6pS...Ou0tA3M9fm21mqTI',
    hint: 'Save the file as plain ASCII: the byte order mark in front of it counts.',
  }),
  wrong('the file begins with a line feed', `\n${KEY_AUTHORIZATION}`, {
    got: '\\nevaGxfADs6pSRb2LAv9IZf...Ou0tA3M9fm21mqTI',
    hint: 'Take away the white space in front: only that at the end is passed over.',
  }),
  wrong('the file has quotation marks', `"${KEY_AUTHORIZATION}"`, {
    got: '"evaGxfADs6pSRb2LAv9IZf1...u0tA3M9fm21mqTI"',
    hint: 'Serve it without the quotation marks.',
  }),
  wrong('the file is in lower case', KEY_AUTHORIZATION.toLowerCase(), {
    got: 'evagxfads6psrb2lav9izf17...ou0ta3m9fm21mqti',
    hint: 'Keep upper and lower case as they are: base64url needs both.',
  }),
  wrong('the last letter is missing', KEY_AUTHORIZATION.slice(0, -1), {
    got: 'evaGxfADs6pSRb2LAv9IZf17...WOu0tA3M9fm21mqT',
    hint: 'Serve it whole: it ends after 86 bytes.',
  }),
  wrong('the file goes on in the next line', `${KEY_AUTHORIZATION}\nand more`, {
    got: 'evaGxfADs6pSRb2LAv9IZf17...21mqTI\\nand more',
    hint: 'Serve the key authorization alone, without the text that follows it.',
  }),
  wrong('the file is empty', '', {
    got: '',
    hint: 'Write the key authorization into the file: it is empty.',
  }),
  wrong('a short page comes', '<html><body>It works!</body></html>', {
    got: '<html><body>It works!</body></html>',
    hint: "Let the web server answer this path with the ACME client's file, and not with a page.",
  }),
  wrong('some other text comes, with bytes for a terminal', '\u001b[31mred\u0007', {
    got: '\\x1b[31mred\\x07',
    hint: "Serve the ACME client's file there: what answers has other content, perhaps another server's.",
  }),
  wrong('the answer is compressed without being asked', Buffer.from('1f8b0800', 'hex'), {
    got: '\\x1f\\x8b\\x08\\x00',
    hint: "Serve the ACME client's file there: what answers has other content, perhaps another server's.",
  }),
  {
    what: 'another file comes over IPv6, and IPv4 would serve the right one',
    is: 'wrong-content',
    code: 'unauthorized',
    detail: `${V6}: The key authorization file from the server did not match this challenge. Expected "evaGxfADs6pSRb2LAv9IZf17...Ou0tA3M9fm21mqTI" (got "another server"). ${NO_RETRY} Serve the expected text over IPv6 too. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'status 200', 'compare: different', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: answers(200, 'another server'), [`${V4} http`]: serves },
  },
];

/** Bodies that are not the key authorization. */
export const CONTENT_CASES: readonly FailureCase[] = [...TOO_LONG, ...WRONG];
