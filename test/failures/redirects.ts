import { CHALLENGE_PATH } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import { BOTH, CONNECTS_V4, CONNECTS_V6, HOST, ONLY_V4, OTHER_V4, V4, V6 } from './failure-case.ts';
import type { Service } from './services.ts';
import { redirects, serves, web } from './services.ts';

const SERVE = 'Serve the key authorization without this redirect, or redirect to';
const TO_A_HOST = `${SERVE} an http or https URL with the name of a host.`;

/** The Location is not followed; `says` is what the detail says of it. */
function refused(what: string, location: string, says: string, more: Partial<FailureCase> = {}): FailureCase {
  return {
    what,
    is: 'redirect-refused',
    code: 'connection',
    detail: `${V4}: Fetching ${location}: ${says}`,
    steps: [...CONNECTS_V4, 'status 302', 'redirect 1 refused'],
    servers: { [`${V4} http`]: redirects(location) },
    ...more,
  };
}

const REFUSED: readonly FailureCase[] = [
  refused(
    'a redirect leads to another port',
    `http://${HOST}:8080/x`,
    `Invalid port in redirect target: 8080; only 5002 and 5001 are allowed. ${SERVE} a URL without a port, which means the one that this CA uses (validation.httpPort, validation.tlsPort).`,
  ),
  refused(
    'a redirect leads to an IPv4 address',
    `http://${OTHER_V4}/x`,
    `Invalid host in redirect target: redirects to IP addresses are not followed: 127.0.0.2. ${TO_A_HOST}`,
  ),
  refused(
    'a redirect leads to an IPv6 address',
    'http://[::1]/x',
    `Invalid host in redirect target: redirects to IP addresses are not followed: ::1. ${TO_A_HOST}`,
  ),
  refused(
    'a redirect leads to another scheme',
    `ftp://${HOST}/x`,
    `Invalid protocol scheme in redirect target. Only http and https are followed, not ftp. ${TO_A_HOST}`,
  ),
  refused(
    'a redirect has no slash behind the host',
    'https://dual.test.well-known/acme-challenge/x',
    "Invalid host in redirect target. Check webserver config for missing '/' in redirect target. The host is dual.test.well-known. End the host in the redirect with a slash: nginx `https://example.com$request_uri` (which begins with one), Apache `Redirect / https://example.com/`.",
  ),
  refused('a redirect has no host', 'https:///x', `Invalid empty host in redirect target. ${TO_A_HOST}`),
  refused(
    'a redirect has a backslash',
    `http:\\\\${HOST}\\x`,
    `Invalid redirect target: the Location header is not a URL. ${TO_A_HOST}`,
    {
      detail: `127.0.0.1: Fetching http:\\\\\\\\dual.test\\\\x: Invalid redirect target: the Location header is not a URL. ${TO_A_HOST}`,
    },
  ),
  refused('a redirect has a path of 2001 bytes', `/${'x'.repeat(2000)}`, '', {
    detail: `127.0.0.1: Fetching http://dual.test:5002/${'x'.repeat(277)}...: Redirect target too long: its path has 2001 bytes. ${SERVE} a shorter URL.`,
  }),
  refused('a redirect has the status 303', '/x', '', {
    detail: `127.0.0.1: Fetching http://${HOST}:5002/x: received disallowed redirect status code 303. Serve the key authorization without this redirect, or redirect with status 301, 302, 307 or 308.`,
    steps: [...CONNECTS_V4, 'status 303', 'redirect 1 refused'],
    servers: { [`${V4} http`]: redirects('/x', 303) },
  }),
  refused('a redirect over IPv6 leads to an address, and IPv4 would serve', `http://${OTHER_V4}/x`, '', {
    detail: `::1: Fetching http://127.0.0.2/x: Invalid host in redirect target: redirects to IP addresses are not followed: 127.0.0.2. ${TO_A_HOST}`,
    steps: [...CONNECTS_V6, 'status 302', 'redirect 1 refused'],
    zone: BOTH,
    servers: { [`${V6} http`]: redirects(`http://${OTHER_V4}/x`), [`${V4} http`]: serves },
  }),
  refused(
    'a redirect leads to an address with a zone, under "boulder"',
    'http://[fe80::1%25eth0]/x',
    `Invalid host in redirect target: it contains scope zone. ${TO_A_HOST}`,
    { settings: { addressPolicy: 'boulder' } },
  ),
  refused(
    'a redirect leads to a name that is not public',
    'http://inside.test/x',
    `Invalid host in redirect target: it must end in IANA registered TLD: inside.test. ${SERVE} a public name, or set policy.requirePublicSuffix=false.`,
    { settings: { requirePublicSuffix: true } },
  ),
];

/** Every answer leads to a URL that was not asked before. */
function onwards(): Service {
  return web((request, response) => {
    const hop = Number(/\d+$/.exec(request.url ?? '')?.[0] ?? 0);
    response.writeHead(302, { location: `/hop-${hop + 1}` }).end();
  });
}

/** Each redirect is followed but the last one. */
function refusedAt(last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => index + 1).flatMap((hop) => [
    ...CONNECTS_V4,
    'status 302',
    `redirect ${hop} ${hop < last ? 'followed' : 'refused'}`,
  ]);
}

const TOO_MANY: readonly FailureCase[] = [
  {
    what: 'ten redirects are followed, and there is one more',
    is: 'too-many-redirects',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching http://dual.test:5002/hop-11: Too many redirects: 10 are followed. Serve the key authorization without this redirect, or redirect to where it is served in fewer steps.',
    steps: refusedAt(11),
    servers: { [`${V4} http`]: onwards() },
  },
  {
    what: 'three redirects are followed as validation.maxRedirects says, and there is one more',
    is: 'too-many-redirects',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching http://dual.test:5002/hop-4: Too many redirects: 3 are followed. Serve the key authorization without this redirect, or redirect to where it is served in fewer steps.',
    steps: refusedAt(4),
    servers: { [`${V4} http`]: onwards() },
    settings: { maxRedirects: 3 },
  },
  {
    what: 'no redirect is to be followed, and there is one',
    is: 'too-many-redirects',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching http://other.test/x: Too many redirects: 0 are followed. Serve the key authorization without this redirect, or redirect to where it is served in fewer steps.',
    steps: refusedAt(1),
    servers: { [`${V4} http`]: redirects('http://other.test/x') },
    settings: { maxRedirects: 0 },
  },
];

const LOOP: readonly FailureCase[] = [
  {
    what: 'a redirect leads to the URL that was asked',
    is: 'redirect-loop',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching http://dual.test:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Redirect loop detected. Serve the key authorization without this redirect, or redirect to a URL that was not asked before.',
    steps: [...CONNECTS_V4, 'status 302', 'redirect 1 refused'],
    servers: { [`${V4} http`]: redirects(CHALLENGE_PATH) },
  },
  {
    what: 'two redirects lead to each other',
    is: 'redirect-loop',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching http://dual.test:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Redirect loop detected. Serve the key authorization without this redirect, or redirect to a URL that was not asked before.',
    steps: [
      ...CONNECTS_V4,
      'status 308',
      'redirect 1 followed',
      ...CONNECTS_V4,
      'status 308',
      'redirect 2 refused',
    ],
    servers: {
      [`${V4} http`]: web((request, response) =>
        response.writeHead(308, { location: request.url === '/b' ? CHALLENGE_PATH : '/b' }).end(),
      ),
    },
  },
  {
    what: 'a redirect leads to a refused connection, and "boulder" begins again',
    is: 'redirect-loop',
    code: 'connection',
    detail: `127.0.0.1: Fetching https://${HOST}/x: Redirect loop detected. The host has no loop: no connection was made to ::1 (refused), where the redirect led, and Boulder's code then began again over IPv4 and met the same redirect. Make ::1 take connections, or remove its record.`,
    steps: [
      ...CONNECTS_V6,
      'status 302',
      'redirect 1 followed',
      `A ${HOST} answered`,
      `AAAA ${HOST} answered`,
      `plan ${V6} of 2 [redirect-prefers-ipv6, redirect-no-retry]`,
      `dial ${V6}: refused`,
      `retry at ${V4} [no-retry-on-other-errors]`,
      `dial ${V4}: connected`,
      'status 302',
      'redirect 2 refused',
    ],
    zone: BOTH,
    settings: { addressPolicy: 'boulder' },
    servers: {
      [`${V6} http`]: redirects(`https://${HOST}/x`),
      [`${V4} http`]: redirects(`https://${HOST}/x`),
    },
  },
  {
    what: 'two hosts redirect to each other',
    is: 'redirect-loop',
    code: 'connection',
    detail:
      '127.0.0.2: Fetching http://dual.test/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Redirect loop detected. Serve the key authorization without this redirect, or redirect to a URL that was not asked before.',
    steps: [
      ...CONNECTS_V4,
      'status 301',
      'redirect 1 followed',
      'A other.test answered',
      'AAAA other.test empty',
      'plan 127.0.0.2',
      'dial 127.0.0.2: connected',
      'status 301',
      'redirect 2 refused',
    ],
    zone: { ...ONLY_V4, 'other.test': { A: [OTHER_V4] } },
    servers: {
      [`${V4} http`]: redirects(`http://other.test${CHALLENGE_PATH}`, 301),
      [`${OTHER_V4} http`]: redirects(`http://${HOST}${CHALLENGE_PATH}`, 301),
    },
  },
];

export const REDIRECT_CASES: readonly FailureCase[] = [...REFUSED, ...TOO_MANY, ...LOOP];
