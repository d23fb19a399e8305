import type { FailureCase } from './failure-case.ts';
import {
  ASKED,
  BOTH,
  CONNECTS_V6,
  FINDS_BOTH,
  FINDS_BOTH_FOR_ALPN,
  FINDS_V4,
  FINDS_V6,
  FOLLOWS,
  HOST,
  ONLY_V4,
  ONLY_V6,
  OTHER_V4,
  V4,
  V6,
} from './failure-case.ts';
import { blackHole, redirects, serves } from './services.ts';

const QUICKLY = { connectTimeoutMs: 250 } as const;
const BY_TLS_ALPN = { challengeType: 'tls-alpn-01' } as const;

const NO_IPV4: readonly FailureCase[] = [
  {
    what: 'the only address is an IPv6 one that drops what comes',
    is: 'ipv6-timeout-no-ipv4',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Timeout during connect (likely firewall problem) after 10 s (connect). Make firewalls and routers pass connections to ::1 port 5002, or correct the AAAA record, or add an A record beside it.`,
    steps: [...FINDS_V6, 'dial ::1: timeout'],
    zone: ONLY_V6,
    servers: { [`${V6} http`]: blackHole },
    settings: QUICKLY,
  },
  {
    what: 'an IPv6 identifier drops what comes',
    is: 'ipv6-timeout-no-ipv4',
    code: 'connection',
    detail:
      '::1: Fetching http://[::1]:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Timeout during connect (likely firewall problem) after 10 s (connect). Make firewalls and routers pass connections to ::1 port 5002.',
    steps: ['plan ::1', 'dial ::1: timeout'],
    question: { identifier: { type: 'ip', value: V6 } },
    servers: { [`${V6} http`]: blackHole },
    settings: QUICKLY,
  },
  {
    what: 'the only address is an IPv6 one that drops what comes, for tls-alpn-01',
    is: 'ipv6-timeout-no-ipv4',
    code: 'connection',
    detail:
      '::1: Timeout during connect (likely firewall problem) after 10 s (connect). Make firewalls and routers pass connections to ::1 port 5001, or correct the AAAA record, or add an A record beside it.',
    steps: [...FINDS_V6, 'dial ::1: timeout'],
    zone: ONLY_V6,
    question: BY_TLS_ALPN,
    servers: { [`${V6} https`]: blackHole },
    settings: QUICKLY,
  },
  {
    what: 'the only address is an IPv6 one that drops what comes, for tls-alpn-01 under "boulder"',
    is: 'ipv6-timeout-no-ipv4',
    code: 'malformed',
    detail:
      'Unable to contact "dual.test" at "::1", no IPv4 addresses to try as fallback: ::1: Timeout during connect (likely firewall problem) after 10 s (connect). Make firewalls and routers pass connections to ::1 port 5001, or correct the AAAA record, or add an A record beside it.',
    steps: [...FINDS_V6, 'dial ::1: timeout'],
    zone: ONLY_V6,
    question: BY_TLS_ALPN,
    servers: { [`${V6} https`]: blackHole },
    settings: { ...QUICKLY, addressPolicy: 'boulder' },
  },
];

const BOTH_DEAD = { [`${V6} http`]: blackHole, [`${V4} http`]: blackHole };
const BOTH_TIMEOUT: readonly FailureCase[] = [
  {
    what: 'neither family lets a connection through',
    is: 'both-families-timeout',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Timeout during connect (likely firewall problem) after 10 s; before that, ::1: Timeout during connect (likely firewall problem) (connect). This was the one IPv4 retry: there is no further one [retry-ipv4-on-connect-timeout]. Make firewalls and routers pass connections to ::1, which goes first, and to 127.0.0.1 port 5002, or correct the A record.`,
    steps: [
      ...FINDS_BOTH,
      'dial ::1: timeout',
      'retry at 127.0.0.1 [retry-ipv4-on-connect-timeout]',
      'dial 127.0.0.1: timeout',
      'no retry [retry-ipv4-on-connect-timeout]',
    ],
    zone: BOTH,
    servers: BOTH_DEAD,
    settings: QUICKLY,
  },
  {
    what: 'neither family lets a connection through, under "boulder"',
    is: 'both-families-timeout',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Timeout during connect (likely firewall problem) after 10 s; before that, ::1: Timeout during connect (likely firewall problem) (connect). Under the policy "boulder" a validation has one retry, and it has been used [retry-ipv4-on-connect-timeout]. Make firewalls and routers pass connections to ::1, which goes first, and to 127.0.0.1 port 5002, or correct the A record.`,
    steps: [
      ...FINDS_BOTH,
      'dial ::1: timeout',
      'retry at 127.0.0.1 [retry-ipv4-on-connect-timeout]',
      'dial 127.0.0.1: timeout',
      'no retry [retry-ipv4-on-connect-timeout]',
    ],
    zone: BOTH,
    servers: BOTH_DEAD,
    settings: { ...QUICKLY, addressPolicy: 'boulder' },
  },
  {
    what: 'neither family of a redirect target lets a connection through, under "every-hop"',
    is: 'both-families-timeout',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching https://dual.test:5001/x: Timeout during connect (likely firewall problem) after 10 s; before that, ::1: Timeout during connect (likely firewall problem) (connect). This was the one IPv4 retry: there is no further one [first-request-only]. Make firewalls and routers pass connections to ::1, which goes first, and to 127.0.0.1 port 5001, or correct the A record, or correct the redirect.',
    steps: [
      ...CONNECTS_V6,
      'status 302',
      'redirect 1 followed',
      'A dual.test answered',
      'AAAA dual.test answered',
      'plan ::1 of 2, 127.0.0.1 to spare [redirect-prefers-ipv6, redirect-no-retry]',
      'dial ::1: timeout',
      'retry at 127.0.0.1 [redirect-no-retry]',
      'dial 127.0.0.1: timeout',
      'no retry [first-request-only]',
    ],
    zone: BOTH,
    servers: {
      [`${V6} http`]: redirects(`https://${HOST}/x`),
      [`${V6} https`]: blackHole,
      [`${V4} https`]: blackHole,
    },
    settings: { ...QUICKLY, addressPolicy: 'every-hop' },
  },
];

const TIMEOUT: readonly FailureCase[] = [
  {
    what: 'the only address is an IPv4 one that drops what comes',
    is: 'connect-timeout',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Timeout during connect (likely firewall problem) after 10 s (connect). Make firewalls and routers pass connections to 127.0.0.1 port 5002, or correct the A record.`,
    steps: [...FINDS_V4, 'dial 127.0.0.1: timeout'],
    servers: { [`${V4} http`]: blackHole },
    settings: QUICKLY,
  },
  {
    what: 'a redirect leads to an IPv4 address that drops what comes',
    is: 'connect-timeout',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching https://dual.test:5001/x: Timeout during connect (likely firewall problem) after 10 s (connect). Make firewalls and routers pass connections to 127.0.0.1 port 5001, or correct the A record, or correct the redirect.',
    steps: [...FOLLOWS, ...FINDS_V4, 'dial 127.0.0.1: timeout'],
    servers: { [`${V4} http`]: redirects(`https://${HOST}/x`), [`${V4} https`]: blackHole },
    settings: QUICKLY,
  },
  {
    what: 'IPv6 drops what comes, IPv4 would serve, and the policy is "never"',
    is: 'connect-timeout',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Timeout during connect (likely firewall problem) after 10 s (connect). Under the policy "never" nothing is retried [retry-ipv4-on-connect-timeout]. Make firewalls and routers pass connections to ::1 port 5002, or remove the AAAA record if it is wrong.`,
    steps: [
      'A dual.test answered',
      'AAAA dual.test answered',
      'plan ::1 of 2 [prefer-ipv6]',
      'dial ::1: timeout',
      'no retry [retry-ipv4-on-connect-timeout]',
    ],
    zone: BOTH,
    servers: { [`${V6} http`]: blackHole, [`${V4} http`]: serves },
    settings: { ...QUICKLY, addressPolicy: 'never' },
  },
  {
    what: 'IPv6 drops what comes, and tls-alpn-01 is not retried over IPv4',
    is: 'connect-timeout',
    code: 'connection',
    detail:
      '::1: Timeout during connect (likely firewall problem) after 10 s (connect). Only http-01 is retried over IPv4 [http-01-only]. Make firewalls and routers pass connections to ::1 port 5001, or remove the AAAA record if it is wrong.',
    steps: [...FINDS_BOTH_FOR_ALPN, 'dial ::1: timeout', 'no retry [http-01-only]'],
    zone: BOTH,
    question: BY_TLS_ALPN,
    servers: { [`${V6} https`]: blackHole },
    settings: QUICKLY,
  },
];

const REDIRECT_TIMEOUT: readonly FailureCase[] = [
  {
    what: 'IPv6 drops what comes, and IPv4 redirects to https on the same name',
    is: 'redirect-ipv6-timeout',
    code: 'connection',
    detail:
      '::1: Fetching https://dual.test:5001/x: Timeout during connect (likely firewall problem) after 10 s (connect). No IPv4 retry: the IPv4 address of a redirect target (127.0.0.1) is not tried [redirect-no-retry]. Make firewalls and routers pass connections to ::1 port 5001, or remove the AAAA record if it is wrong, or correct the redirect.',
    steps: [
      ...FINDS_BOTH,
      'dial ::1: timeout',
      'retry at 127.0.0.1 [retry-ipv4-on-connect-timeout]',
      'dial 127.0.0.1: connected',
      'status 302',
      'redirect 1 followed',
      'A dual.test answered',
      'AAAA dual.test answered',
      'plan ::1 of 2 [redirect-prefers-ipv6, redirect-no-retry]',
      'dial ::1: timeout',
      'no retry [redirect-no-retry]',
    ],
    zone: BOTH,
    servers: {
      [`${V6} http`]: blackHole,
      [`${V6} https`]: blackHole,
      [`${V4} http`]: redirects(`https://${HOST}/x`),
    },
    settings: QUICKLY,
  },
  {
    what: 'a redirect leads to a name whose IPv6 address drops what comes',
    is: 'redirect-ipv6-timeout',
    code: 'connection',
    detail:
      '::1: Fetching http://other.test:5002/x: Timeout during connect (likely firewall problem) after 10 s (connect). No IPv4 retry: the IPv4 address of a redirect target (127.0.0.2) is not tried [redirect-no-retry]. Make firewalls and routers pass connections to ::1 port 5002, or remove the AAAA record if it is wrong, or correct the redirect.',
    steps: [
      ...FOLLOWS,
      'A other.test answered',
      'AAAA other.test answered',
      'plan ::1 of 2 [redirect-prefers-ipv6, redirect-no-retry]',
      'dial ::1: timeout',
      'no retry [redirect-no-retry]',
    ],
    zone: { ...ONLY_V4, 'other.test': { A: [OTHER_V4], AAAA: [V6] } },
    servers: {
      [`${V4} http`]: redirects('http://other.test/x'),
      [`${V6} http`]: blackHole,
      [`${OTHER_V4} http`]: serves,
    },
    settings: QUICKLY,
  },
  {
    what: 'a redirect leads to https whose IPv6 drops what comes, and under "boulder" so does the retry',
    is: 'redirect-ipv6-timeout',
    code: 'connection',
    detail:
      '::1: Fetching https://dual.test:5001/y: Timeout during connect (likely firewall problem) after 10 s (connect). Under the policy "boulder" a validation has one retry, and it has been used [redirect-no-retry]. Make firewalls and routers pass connections to ::1 port 5001, or remove the AAAA record if it is wrong, or correct the redirect.',
    steps: [
      ...CONNECTS_V6,
      'status 302',
      'redirect 1 followed',
      'A dual.test answered',
      'AAAA dual.test answered',
      'plan ::1 of 2 [redirect-prefers-ipv6, redirect-no-retry]',
      'dial ::1: timeout',
      'retry at 127.0.0.1 [redirect-no-retry]',
      'dial 127.0.0.1: connected',
      'status 302',
      'redirect 2 followed',
      'A dual.test answered',
      'AAAA dual.test answered',
      'plan ::1 of 2 [redirect-prefers-ipv6, redirect-no-retry]',
      'dial ::1: timeout',
      'no retry [redirect-no-retry]',
    ],
    zone: BOTH,
    servers: {
      [`${V6} http`]: redirects(`https://${HOST}/x`),
      [`${V4} http`]: redirects(`https://${HOST}/y`),
      [`${V6} https`]: blackHole,
    },
    settings: { ...QUICKLY, addressPolicy: 'boulder' },
  },
];

/** Connections that time out. */
export const CONNECT_CASES: readonly FailureCase[] = [
  ...NO_IPV4,
  ...BOTH_TIMEOUT,
  ...TIMEOUT,
  ...REDIRECT_TIMEOUT,
];
