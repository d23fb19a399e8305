import type { FailureCase } from './failure-case.ts';
import {
  ASKED,
  BOTH,
  CONNECTS_V4,
  CONNECTS_V6,
  FINDS_BOTH,
  FINDS_V4,
  FOLLOWS,
  HOST,
  NO_RETRY,
  NO_RETRY_STEP,
  ONLY_V4,
  OR_NO_AAAA,
  OTHER_V4,
  V4,
  V6,
} from './failure-case.ts';
import { blackHole, redirects, resets, says, serves } from './services.ts';

const QUICKLY = { connectTimeoutMs: 250 } as const;
const BY_TLS_ALPN = { challengeType: 'tls-alpn-01' } as const;

const REFUSED: readonly FailureCase[] = [
  {
    what: 'nobody listens at the only address',
    is: 'connection-refused',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Connection refused (connect). Make a web server listen at 127.0.0.1 port 5002, or correct the A record.`,
    steps: [...FINDS_V4, 'dial 127.0.0.1: refused'],
  },
  {
    what: 'nobody listens at the IPv6 address, and IPv4 would serve',
    is: 'connection-refused',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Connection refused (connect). ${NO_RETRY} Make a web server listen at ::1 port 5002 as well, or remove the AAAA record if it is wrong.`,
    steps: [...FINDS_BOTH, 'dial ::1: refused', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V4} http`]: serves },
  },
  {
    what: 'IPv6 drops what comes, and nobody listens at the IPv4 address',
    is: 'connection-refused',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Connection refused; before that, ::1: Timeout during connect (likely firewall problem) (connect). This was the one IPv4 retry, and only a connection timeout is retried [no-retry-on-other-errors]. Make a web server listen at 127.0.0.1 port 5002, or correct the A record.`,
    steps: [
      ...FINDS_BOTH,
      'dial ::1: timeout',
      'retry at 127.0.0.1 [retry-ipv4-on-connect-timeout]',
      'dial 127.0.0.1: refused',
      NO_RETRY_STEP,
    ],
    zone: BOTH,
    servers: { [`${V6} http`]: blackHole },
    settings: QUICKLY,
  },
  {
    what: 'nobody listens at the address of dns.hosts',
    is: 'connection-refused',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Connection refused (connect). Make a web server listen at 127.0.0.1 port 5002, or give the address that is meant with --host dual.test=ADDRESS (dns.hosts says 127.0.0.1).`,
    steps: [...FINDS_V4, 'dial 127.0.0.1: refused'],
    hosts: { [HOST]: [V4] },
  },
  {
    what: 'a redirect leads to https, where nobody listens',
    is: 'connection-refused',
    code: 'connection',
    detail:
      '127.0.0.1: Fetching https://dual.test:5001/x: Connection refused (connect). Make a web server listen at 127.0.0.1 port 5001, or correct the A record, or correct the redirect.',
    steps: [...FOLLOWS, ...FINDS_V4, 'dial 127.0.0.1: refused'],
    servers: { [`${V4} http`]: redirects(`https://${HOST}/x`) },
  },
  {
    what: 'nobody shows a certificate for tls-alpn-01',
    is: 'connection-refused',
    code: 'connection',
    detail:
      '127.0.0.1: Connection refused (connect). Let the ACME client listen at 127.0.0.1 port 5001, or correct the A record.',
    steps: [...FINDS_V4, 'dial 127.0.0.1: refused'],
    question: BY_TLS_ALPN,
    servers: { [`${V4} http`]: serves },
  },
];

// The kernel connects to nobody over TCP there, and says that no network leads there.
const MULTICAST_V4 = '224.0.0.1';
const MULTICAST_V6 = 'ff02::1';
const UNREACHABLE: readonly FailureCase[] = [
  {
    what: 'no way leads to the only address, an IPv4 one',
    is: 'unreachable',
    code: 'connection',
    detail: `224.0.0.1: Fetching ${ASKED}: Network unreachable (connect). This machine found no way to that address: check its routing, and that the host is up.`,
    steps: [
      'A dual.test answered',
      'AAAA dual.test empty',
      'plan 224.0.0.1',
      'dial 224.0.0.1: network-unreachable',
    ],
    zone: { [HOST]: { A: [MULTICAST_V4] } },
  },
  {
    what: 'no way leads to the only address, an IPv6 one',
    is: 'unreachable',
    code: 'connection',
    detail: `ff02::1: Fetching ${ASKED}: Network unreachable (connect). This machine found no way to that address: check its routing, or set validation.ipv6=false if it has no IPv6.`,
    steps: [
      'A dual.test empty',
      'AAAA dual.test answered',
      'plan ff02::1',
      'dial ff02::1: network-unreachable',
    ],
    zone: { [HOST]: { AAAA: [MULTICAST_V6] } },
  },
  {
    what: 'no way leads to the IPv6 address, and IPv4 would serve',
    is: 'unreachable',
    code: 'connection',
    detail: `ff02::1: Fetching ${ASKED}: Network unreachable (connect). ${NO_RETRY} This machine found no way to that address: check its routing, or set validation.ipv6=false if it has no IPv6.`,
    steps: [
      'A dual.test answered',
      'AAAA dual.test answered',
      'plan ff02::1 of 2, 127.0.0.1 to spare [prefer-ipv6, retry-ipv4-on-connect-timeout]',
      'dial ff02::1: network-unreachable',
      NO_RETRY_STEP,
    ],
    zone: { [HOST]: { A: [V4], AAAA: [MULTICAST_V6] } },
    servers: { [`${V4} http`]: serves },
  },
];

const RESET: readonly FailureCase[] = [
  {
    what: 'the server resets the connection when it is asked',
    is: 'connection-reset',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Connection reset by peer before the answer was complete (request). The log of that server may say why it ended the connection.`,
    steps: [...CONNECTS_V4, 'response failed: reset'],
    servers: { [`${V4} http`]: resets },
  },
  {
    what: 'the server at the IPv6 address resets the connection, and IPv4 would serve',
    is: 'connection-reset',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Connection reset by peer before the answer was complete (request). ${NO_RETRY} The log of that server may say why it ended the connection. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'response failed: reset', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: resets, [`${V4} http`]: serves },
  },
  {
    what: 'the server that a redirect leads to resets the connection',
    is: 'connection-reset',
    code: 'connection',
    detail:
      '127.0.0.2: Fetching http://other.test:5002/x: Connection reset by peer before the answer was complete (request). The log of that server may say why it ended the connection.',
    steps: [
      ...FOLLOWS,
      'A other.test answered',
      'AAAA other.test empty',
      'plan 127.0.0.2',
      'dial 127.0.0.2: connected',
      'response failed: reset',
    ],
    zone: { ...ONLY_V4, 'other.test': { A: [OTHER_V4] } },
    servers: { [`${V4} http`]: redirects('http://other.test/x'), [`${OTHER_V4} http`]: resets },
  },
];

const CLOSED: readonly FailureCase[] = [
  {
    what: 'the server closes the connection without an answer',
    is: 'connection-closed',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Error getting validation data: the server closed the connection before the answer was complete (request). The log of that server may say why it ended the connection.`,
    steps: [...CONNECTS_V4, 'response failed: closed'],
    servers: { [`${V4} http`]: says('') },
  },
  {
    what: 'the server closes the connection in the middle of the headers',
    is: 'connection-closed',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Error getting validation data: the server closed the connection before the answer was complete (request). The log of that server may say why it ended the connection.`,
    steps: [...CONNECTS_V4, 'response failed: closed'],
    servers: { [`${V4} http`]: says('HTTP/1.1 200 OK\r\nContent-Le') },
  },
  {
    what: 'the server closes the connection in the middle of the body',
    is: 'connection-closed',
    code: 'unauthorized',
    detail:
      '127.0.0.1: Fetching http://dual.test:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Error reading HTTP response body: the server closed the connection after 4 of 87 bytes. The log of that server may say why it ended the connection.',
    steps: [...CONNECTS_V4, 'body failed: closed'],
    servers: { [`${V4} http`]: says('HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\nhalf') },
  },
  {
    what: 'the server at the IPv6 address closes the connection, and IPv4 would serve',
    is: 'connection-closed',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Error getting validation data: the server closed the connection before the answer was complete (request). ${NO_RETRY} The log of that server may say why it ended the connection. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'response failed: closed', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: says(''), [`${V4} http`]: serves },
  },
];

/** Connections that are not made, or that end too early. */
export const CONNECTION_CASES: readonly FailureCase[] = [...REFUSED, ...UNREACHABLE, ...RESET, ...CLOSED];
