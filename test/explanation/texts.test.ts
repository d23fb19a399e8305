import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import { tellStory } from '../../src/explanation/story.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';

/**
 * All that people read about failed validations, to be read here: the detail of the problem, which clients show on one
 * line (URL stands for the URL), and the last two lines of the story that `touchstone explain` tells.
 */

const URL_ASKED = 'http://a.test:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';
const V6 = '2001:db8::1';
const V4 = '192.0.2.1';
const EXPECTED = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI';
const OTHER_KEY = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ';
const PAGE = '<!DOCTYPE html><html lang="en"><head><title>Welcome to nginx!</title></head><body><h1>Welcome';

const hop = { url: URL_ASKED, address: V6 } as const;
const dns = { kind: 'server', server: '192.0.2.53:53' } as const;
const noRetry = {
  rule: 'no-retry-on-other-errors',
  reason: 'no IPv4 retry: only a connection timeout is retried',
} as const;
const connect = {
  class: 'connect',
  ...hop,
  family: 'ipv6',
  port: 5002,
  kind: 'timeout',
  budgetMs: 10_000,
  addressSource: dns,
} as const;
const refused = { ...connect, kind: 'refused', code: 'ECONNREFUSED' } as const;
const overIpv4 = { address: V4, family: 'ipv4' } as const;
const localhost = {
  url: URL_ASKED.replace('a.test', 'first.localhost'),
  address: '::1',
  addressSource: { kind: 'localhost' },
} as const;
const exchange = { class: 'exchange', ...hop, phase: 'response', budgetMs: 10_000 } as const;
const redirect = { class: 'redirect', ...hop, location: URL_ASKED, status: 302 } as const;
const noAddress = { class: 'no-address', hostname: 'a.test', filtered: [], addressSource: dns } as const;
const isPrivate = [{ address: '10.0.0.1', reason: 'reserved: Private-Use (RFC 1918)' }];
const isDisabled = [{ address: V6, reason: 'validation.ipv6 is false' }];
const txt = '_acme-challenge.a.test';
const lookup = (
  hostname: string,
  type: 'A' | 'TXT',
  outcome: 'nxdomain' | 'servfail' | 'timeout' | 'refused',
) => {
  const failed = { name: hostname, outcome, server: '192.0.2.53:53' };
  const lookups =
    type === 'TXT'
      ? [{ ...failed, type }]
      : [
          { ...failed, type },
          { ...failed, type: 'AAAA' as const },
        ];
  return { class: 'lookup', hostname, lookups } as const;
};

/** What happened, the failure, and the texts: detail, verdict, hint (where it is not the end of the detail). */
const TEXTS: readonly (readonly [what: string, failure: ValidationFailure, texts: readonly string[]])[] = [
  [
    'connect: the IPv6 address drops what comes, and there is no other',
    connect,
    [
      '2001:db8::1: Fetching URL: Timeout during connect (likely firewall problem) after 10 s (connect).',
      'Failed after 6 ms: connection (ipv6-timeout-no-ipv4): connecting timed out at [2001:db8::1]:5002.',
      'Make firewalls and routers pass connections to 2001:db8::1 port 5002, or correct the AAAA record, or add an A record beside it.',
    ],
  ],
  [
    "connect: a redirect target's IPv6 address drops what comes",
    {
      ...connect,
      rule: 'redirect-no-retry',
      reason: `no IPv4 retry: the IPv4 address of a redirect target (${V4}) is not tried`,
    },
    [
      '2001:db8::1: Fetching URL: Timeout during connect (likely firewall problem) after 10 s (connect). No IPv4 retry: the IPv4 address of a redirect target (192.0.2.1) is not tried [redirect-no-retry].',
      'Failed after 6 ms: connection (redirect-ipv6-timeout): connecting timed out at [2001:db8::1]:5002.',
      'Make firewalls and routers pass connections to 2001:db8::1 port 5002, or remove the AAAA record if it is wrong.',
    ],
  ],
  [
    'connect: both families failed',
    {
      ...refused,
      ...overIpv4,
      earlier: { address: V6, kind: 'timeout' },
      rule: 'no-retry-on-other-errors',
      reason: 'this was the one IPv4 retry, and only a connection timeout is retried',
    },
    [
      '192.0.2.1: Fetching URL: Connection refused; before that, 2001:db8::1: Timeout during connect (likely firewall problem) (connect). This was the one IPv4 retry, and only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-refused): refused at 192.0.2.1:5002.',
      'Make a web server listen at 192.0.2.1 port 5002, or correct the A record.',
    ],
  ],
  [
    'connect: refused at the address of an AAAA record',
    { ...refused, ...noRetry },
    [
      '2001:db8::1: Fetching URL: Connection refused (connect). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-refused): refused at [2001:db8::1]:5002.',
      'Make a web server listen at 2001:db8::1 port 5002 as well, or remove the AAAA record if it is wrong.',
    ],
  ],
  [
    'connect: refused at the address of an A record',
    { ...refused, ...overIpv4 },
    [
      '192.0.2.1: Fetching URL: Connection refused (connect).',
      'Failed after 6 ms: connection (connection-refused): refused at 192.0.2.1:5002.',
      'Make a web server listen at 192.0.2.1 port 5002, or correct the A record.',
    ],
  ],
  [
    'connect: refused at ::1 for a name below localhost',
    { ...refused, ...localhost, ...noRetry },
    [
      '::1: Fetching URL: Connection refused (connect). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-refused): refused at [::1]:5002.',
      'first.localhost is this machine (RFC 6761): the server must also listen on ::1 (or [::]) port 5002, or start Touchstone with --host first.localhost=127.0.0.1.',
    ],
  ],
  [
    'connect: refused at 127.0.0.1 for a name below localhost',
    { ...refused, ...localhost, ...overIpv4, address: '127.0.0.1' },
    [
      '127.0.0.1: Fetching URL: Connection refused (connect).',
      'Failed after 6 ms: connection (connection-refused): refused at 127.0.0.1:5002.',
      'Make a web server listen at 127.0.0.1 port 5002.',
    ],
  ],
  [
    'connect: refused at an address of --host',
    { ...refused, ...noRetry, addressSource: { kind: 'configured-hosts' } },
    [
      '2001:db8::1: Fetching URL: Connection refused (connect). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-refused): refused at [2001:db8::1]:5002.',
      'Make a web server listen at 2001:db8::1 port 5002 as well, or give the address that is meant with --host a.test=ADDRESS (dns.hosts says 2001:db8::1).',
    ],
  ],
  [
    'connect: refused at an address of /etc/hosts',
    { ...refused, ...noRetry, addressSource: { kind: 'hosts-file' } },
    [
      '2001:db8::1: Fetching URL: Connection refused (connect). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-refused): refused at [2001:db8::1]:5002.',
      'Make a web server listen at 2001:db8::1 port 5002 as well, or take 2001:db8::1 away from a.test in /etc/hosts.',
    ],
  ],
  [
    'connect: refused at an IP identifier',
    {
      class: 'connect',
      url: `http://[${V6}]:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA`,
      address: V6,
      family: 'ipv6',
      port: 5002,
      kind: 'refused',
      budgetMs: 10_000,
    },
    [
      '2001:db8::1: Fetching URL: Connection refused (connect).',
      'Failed after 6 ms: connection (connection-refused): refused at [2001:db8::1]:5002.',
      'Make a web server listen at 2001:db8::1 port 5002.',
    ],
  ],
  [
    'connect: no way to an IPv6 network',
    { ...connect, kind: 'network-unreachable', code: 'ENETUNREACH', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Network unreachable (connect). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (unreachable): network unreachable at [2001:db8::1]:5002.',
      'This machine found no way to that address: check its routing, or set validation.ipv6=false if it has no IPv6.',
    ],
  ],
  [
    'connect: no way to an IPv4 host',
    { ...connect, ...overIpv4, kind: 'host-unreachable', code: 'EHOSTUNREACH' },
    [
      '192.0.2.1: Fetching URL: Host unreachable (connect).',
      'Failed after 6 ms: connection (unreachable): host unreachable at 192.0.2.1:5002.',
      'This machine found no way to that address: check its routing, and that the host is up.',
    ],
  ],
  [
    'connect: reset while connecting',
    { ...connect, kind: 'reset', code: 'ECONNRESET', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Connection reset by peer (connect). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-reset): reset while connecting at [2001:db8::1]:5002.',
      'Make a web server listen at 2001:db8::1 port 5002 as well, or remove the AAAA record if it is wrong.',
    ],
  ],
  [
    'connect: our own host refuses',
    { ...connect, kind: 'other', code: 'EMFILE' },
    [
      '2001:db8::1: Fetching URL: Error getting validation data (EMFILE) (connect).',
      'Failed after 6 ms: serverInternal (own-host): failed at [2001:db8::1]:5002.',
      "This CA's own host did not let it connect (EMFILE): check its limits (open files, memory) and its firewall.",
    ],
  ],
  [
    'connect: our own firewall, or a sandbox, refuses',
    { ...connect, kind: 'other', code: 'EPERM' },
    [
      '2001:db8::1: Fetching URL: Error getting validation data (EPERM) (connect).',
      'Failed after 6 ms: serverInternal (own-host): failed at [2001:db8::1]:5002.',
      "This CA's own host did not let it connect (EPERM): check its limits (open files, memory) and its firewall.",
    ],
  ],
  [
    'connect: a firewall rejects',
    { ...connect, kind: 'host-unreachable', code: 'EACCES', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Host unreachable: administratively prohibited, as a firewall says it (connect). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (unreachable): host unreachable at [2001:db8::1]:5002.',
      "Make the firewall of 2001:db8::1, or one on the way, pass connections to port 5002, or remove the AAAA record if it is wrong; a firewall or route of this CA's own host can say the same.",
    ],
  ],
  [
    'exchange: silence',
    { ...exchange, kind: 'silent', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Timeout after connect (your server may be slow or overloaded): no byte of an answer came within 10 s (request). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (silent): no answer from 2001:db8::1.',
      'What listens there does not answer in time: see its load and log. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'exchange: half an answer',
    { ...exchange, kind: 'slow', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Timeout after connect (your server may be slow or overloaded): the answer was not complete within 10 s (request). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (slow): no complete answer in time from 2001:db8::1.',
      'What listens there does not answer in time: see its load and log. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'exchange: half a body',
    { ...exchange, phase: 'body', kind: 'slow', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Error reading HTTP response body: Timeout after connect (your server may be slow or overloaded): the answer was not complete within 10 s. No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: unauthorized (slow): no complete answer in time from 2001:db8::1.',
      'What listens there does not answer in time: see its load and log. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'exchange: reset',
    { ...exchange, kind: 'reset', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Connection reset by peer before the answer was complete (request). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-reset): reset by 2001:db8::1.',
      'The log of that server may say why it ended the connection. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'exchange: closed',
    { ...exchange, kind: 'closed', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Error getting validation data: the server closed the connection before the answer was complete (request). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (connection-closed): closed too early by 2001:db8::1.',
      'The log of that server may say why it ended the connection. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'exchange: another protocol',
    { ...exchange, kind: 'not-http', code: 'HPE_INVALID_CONSTANT', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Error getting validation data: what came back is not a proper HTTP/1 response (HPE_INVALID_CONSTANT) (request). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (not-http): no proper HTTP/1 response from 2001:db8::1.',
      'Check the port: what listens there does not speak HTTP/1.1 as it should.',
    ],
  ],
  [
    'exchange: HTTP/2',
    { ...exchange, kind: 'http2' },
    [
      '2001:db8::1: Fetching URL: Server is speaking HTTP/2 over HTTP: validation speaks HTTP/1.1 (request).',
      'Failed after 6 ms: connection (not-http): HTTP/2 instead of HTTP/1.1 from 2001:db8::1.',
      'Make the server speak HTTP/1.1 on the port that http-01 uses.',
    ],
  ],
  [
    'exchange: long headers',
    { ...exchange, kind: 'headers-too-long', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Error getting validation data: the headers of the answer are too long (request). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (headers-too-long): too long headers from 2001:db8::1.',
      'Make the web server send fewer or shorter headers. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'tls: the handshake is refused',
    { class: 'tls', ...hop, kind: 'handshake', detail: 'sslv3 alert handshake failure', ...noRetry },
    [
      '2001:db8::1: Fetching URL: remote error: tls: sslv3 alert handshake failure (TLS). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: tls (tls-handshake): no TLS connection with 2001:db8::1.',
      'Repair TLS there (any certificate will do, also a self-signed one), or do not redirect to https.',
    ],
  ],
  [
    'tls: an old version',
    { class: 'tls', ...hop, kind: 'version', detail: 'tlsv1 alert protocol version' },
    [
      '2001:db8::1: Fetching URL: tls: the server does not speak TLS 1.2 or better (tlsv1 alert protocol version) (TLS).',
      'Failed after 6 ms: tls (tls-version): no TLS connection with 2001:db8::1.',
      'Make the server at 2001:db8::1 speak TLS 1.2 or 1.3.',
    ],
  ],
  [
    'tls: plain HTTP',
    { class: 'tls', ...hop, kind: 'not-tls', detail: '' },
    [
      '2001:db8::1: Fetching URL: Error getting validation data: Server only speaks HTTP, not TLS, on this port (TLS).',
      'Failed after 6 ms: connection (not-tls): no TLS connection with 2001:db8::1.',
      'Make the server at 2001:db8::1 speak TLS on this port, or do not redirect to https.',
    ],
  ],
  [
    'tls: silence',
    { class: 'tls', ...hop, kind: 'timeout', detail: '', ...noRetry },
    [
      '2001:db8::1: Fetching URL: Timeout after connect (your server may be slow or overloaded): the TLS handshake did not end in time (TLS). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: connection (tls-handshake): no TLS connection with 2001:db8::1.',
      'Repair TLS there (any certificate will do, also a self-signed one), or do not redirect to https.',
    ],
  ],
  [
    'redirect: loop',
    { ...redirect, refusal: 'loop', detail: URL_ASKED },
    [
      '2001:db8::1: Fetching URL: Redirect loop detected.',
      'Failed after 6 ms: connection (redirect-loop): redirect from 2001:db8::1 not followed: Redirect loop detected.',
      'Serve the key authorization without this redirect, or redirect to a URL that was not asked before.',
    ],
  ],
  [
    'redirect: too many',
    { ...redirect, refusal: 'too-many', detail: '10 are followed' },
    [
      '2001:db8::1: Fetching URL: Too many redirects: 10 are followed.',
      'Failed after 6 ms: connection (too-many-redirects): redirect from 2001:db8::1 not followed: Too many redirects: 10 are followed.',
      'Serve the key authorization without this redirect, or redirect to where it is served in fewer steps.',
    ],
  ],
  [
    'redirect: another port',
    { ...redirect, refusal: 'port', detail: '8080; only 5002 and 5001 are allowed' },
    [
      '2001:db8::1: Fetching URL: Invalid port in redirect target: 8080; only 5002 and 5001 are allowed.',
      'Failed after 6 ms: connection (redirect-refused): redirect from 2001:db8::1 not followed: Invalid port in redirect target: 8080; only 5002 and 5001 are allowed.',
      'Serve the key authorization without this redirect, or redirect to a URL without a port, which means the one that this CA uses (validation.httpPort, validation.tlsPort).',
    ],
  ],
  [
    'redirect: a slash is missing',
    { ...redirect, refusal: 'missing-slash', detail: 'a.test.well-known' },
    [
      "2001:db8::1: Fetching URL: Invalid host in redirect target. Check webserver config for missing '/' in redirect target. The host is a.test.well-known.",
      "Failed after 6 ms: connection (redirect-refused): redirect from 2001:db8::1 not followed: Invalid host in redirect target. Check webserver config for missing '/' in redirect target. The host is a.test.well-known.",
      'End the host in the redirect with a slash: nginx `https://example.com$request_uri` (which begins with one), Apache `Redirect / https://example.com/`.',
    ],
  ],
  [
    'redirect: an address',
    { ...redirect, refusal: 'ip-literal', detail: V4 },
    [
      '2001:db8::1: Fetching URL: Invalid host in redirect target: redirects to IP addresses are not followed: 192.0.2.1.',
      'Failed after 6 ms: connection (redirect-refused): redirect from 2001:db8::1 not followed: Invalid host in redirect target: redirects to IP addresses are not followed: 192.0.2.1.',
      'Serve the key authorization without this redirect, or redirect to an http or https URL with the name of a host.',
    ],
  ],
  [
    'status: the only address answers 404',
    { class: 'status', ...hop, status: 404 },
    [
      '2001:db8::1: Invalid response from URL: 404.',
      'Failed after 6 ms: unauthorized (status-404): status 404 from 2001:db8::1.',
      'Make the web server at 2001:db8::1 answer with status 200 and the key authorization.',
    ],
  ],
  [
    'status: the IPv6 address answers 404, and there is an IPv4 one',
    { class: 'status', ...hop, status: 404, ...noRetry },
    [
      '2001:db8::1: Invalid response from URL: 404. No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: unauthorized (status-404): status 404 from 2001:db8::1.',
      'Make the web server at 2001:db8::1 answer with status 200 and the key authorization. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'body-too-long: a page of the site',
    { class: 'body-too-long', ...hop, limitBytes: 127, start: PAGE, ...noRetry },
    [
      '2001:db8::1: Invalid response from URL: more than 127 bytes, beginning "<!DOCTYPE html><html lan...body><h1>Welcome". No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: unauthorized (body-too-long): more than 127 bytes from 2001:db8::1, beginning "<!DOCTYPE html><html lan...body><h1>Welcome".',
      "Let the web server answer this path with the ACME client's file, and not with a page. Or remove the AAAA record, if only IPv4 is right.",
    ],
  ],
  [
    "wrong-content: another account's key",
    { class: 'wrong-content', ...hop, expected: EXPECTED, received: OTHER_KEY },
    [
      '2001:db8::1: The key authorization file from the server did not match this challenge. Expected "evaGxfADs6pSRb2LAv9IZf17...Ou0tA3M9fm21mqTI" (got "evaGxfADs6pSRb2LAv9IZf17...fp0JecwQzYpOLmCQ").',
      'Failed after 6 ms: unauthorized (wrong-content): not the expected text from 2001:db8::1.',
      "Let the ACME client and account that ordered answer: the thumbprint is another account's.",
    ],
  ],
  [
    'wrong-content: over IPv6, and there is IPv4',
    { class: 'wrong-content', ...hop, expected: EXPECTED, received: OTHER_KEY, ...noRetry },
    [
      '2001:db8::1: The key authorization file from the server did not match this challenge. Expected "evaGxfADs6pSRb2LAv9IZf17...Ou0tA3M9fm21mqTI" (got "evaGxfADs6pSRb2LAv9IZf17...fp0JecwQzYpOLmCQ"). No IPv4 retry: only a connection timeout is retried [no-retry-on-other-errors].',
      'Failed after 6 ms: unauthorized (wrong-content): not the expected text from 2001:db8::1.',
      'Serve the expected text over IPv6 too. Or remove the AAAA record, if only IPv4 is right.',
    ],
  ],
  [
    'lookup: there is no such name',
    lookup('a.test', 'A', 'nxdomain'),
    [
      'DNS problem: NXDOMAIN looking up A for a.test at 192.0.2.53:53 - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for a.test at 192.0.2.53:53.',
      'Failed after 6 ms: dns (nxdomain): no usable answer about a.test.',
      'Add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host a.test=ADDRESS.',
    ],
  ],
  [
    'lookup: the name server fails',
    lookup('a.test', 'A', 'servfail'),
    [
      "DNS problem: SERVFAIL looking up A for a.test at 192.0.2.53:53 - the domain's nameservers may be malfunctioning; DNS problem: SERVFAIL looking up AAAA for a.test at 192.0.2.53:53.",
      'Failed after 6 ms: dns (servfail): no usable answer about a.test.',
      'Check the name servers of the domain, the delegation to them, and DNSSEC: the DNS server of this CA gets no usable answer.',
    ],
  ],
  [
    'lookup: nobody answers',
    lookup('a.test', 'A', 'timeout'),
    [
      'DNS problem: query timed out looking up A for a.test at 192.0.2.53:53; DNS problem: query timed out looking up AAAA for a.test at 192.0.2.53:53.',
      'Failed after 6 ms: dns (dns-timeout): no usable answer about a.test.',
      'Check that the DNS servers of this CA can be reached (dns.servers), or start Touchstone with --host a.test=ADDRESS.',
    ],
  ],
  [
    'lookup: the name of a redirect',
    { ...lookup('b.test', 'A', 'nxdomain'), url: URL_ASKED, from: hop },
    [
      '2001:db8::1: Fetching URL: DNS problem: NXDOMAIN looking up A for b.test at 192.0.2.53:53 - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for b.test at 192.0.2.53:53.',
      'Failed after 6 ms: dns (nxdomain): no usable answer about b.test.',
      'Correct the redirect, or add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host b.test=ADDRESS.',
    ],
  ],
  [
    'lookup: there is no such name, dns-01',
    lookup(txt, 'TXT', 'nxdomain'),
    [
      'DNS problem: NXDOMAIN looking up TXT for _acme-challenge.a.test at 192.0.2.53:53 - check that a DNS record exists for this domain.',
      'Failed after 6 ms: dns (nxdomain): no usable answer about _acme-challenge.a.test.',
      'Add the TXT record where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    ],
  ],
  [
    'lookup: nobody answers, dns-01',
    lookup(txt, 'TXT', 'timeout'),
    [
      'DNS problem: query timed out looking up TXT for _acme-challenge.a.test at 192.0.2.53:53.',
      'Failed after 6 ms: dns (dns-timeout): no usable answer about _acme-challenge.a.test.',
      'Check that the DNS servers of this CA can be reached (dns.servers).',
    ],
  ],
  [
    'lookup: the DNS server refuses, dns-01',
    lookup(txt, 'TXT', 'refused'),
    [
      'DNS problem: REFUSED looking up TXT for _acme-challenge.a.test at 192.0.2.53:53.',
      'Failed after 6 ms: dns (dns-error): no usable answer about _acme-challenge.a.test.',
      'Check the DNS server that was asked, or let this CA ask another one (dns.servers).',
    ],
  ],
  [
    'no-address: no records',
    noAddress,
    [
      'no valid A records found for a.test; no valid AAAA records found for a.test.',
      'Failed after 6 ms: dns (no-address): no usable address of a.test.',
      'Add an A or AAAA record that this CA sees (dns.servers), or start Touchstone with --host a.test=ADDRESS.',
    ],
  ],
  [
    'no-address: a private address',
    { ...noAddress, filtered: isPrivate },
    [
      'no valid A records found for a.test; no valid AAAA records found for a.test; 10.0.0.1 is not used (reserved: Private-Use (RFC 1918)).',
      'Failed after 6 ms: dns (address-not-allowed): no usable address of a.test.',
      'Give the name a public address, or set validation.allowReservedAddresses=true for a lab with private ones.',
    ],
  ],
  [
    'no-address: a private address by --host',
    { ...noAddress, filtered: isPrivate, addressSource: { kind: 'configured-hosts' } },
    [
      'no valid A records found for a.test; no valid AAAA records found for a.test; 10.0.0.1 is not used (reserved: Private-Use (RFC 1918)).',
      'Failed after 6 ms: dns (address-not-allowed): no usable address of a.test.',
      'Give the name a public address with --host a.test=ADDRESS, or set validation.allowReservedAddresses=true for a lab with private ones.',
    ],
  ],
  [
    'no-address: localhost, without reserved addresses',
    {
      class: 'no-address',
      hostname: 'first.localhost',
      filtered: [
        { address: '127.0.0.1', reason: 'reserved: Loopback (RFC 1122)' },
        { address: '::1', reason: 'reserved: Loopback Address (RFC 4291)' },
      ],
      addressSource: { kind: 'localhost' },
    },
    [
      'no valid A records found for first.localhost; no valid AAAA records found for first.localhost; 127.0.0.1 is not used (reserved: Loopback (RFC 1122)); ::1 is not used (reserved: Loopback Address (RFC 4291)).',
      'Failed after 6 ms: dns (address-not-allowed): no usable address of first.localhost.',
      'Set validation.allowReservedAddresses=true, for a lab.',
    ],
  ],
  [
    'no-address: IPv6 alone, and validation.ipv6 is false',
    { ...noAddress, filtered: isDisabled },
    [
      'no valid A records found for a.test; no valid AAAA records found for a.test; 2001:db8::1 is not used (validation.ipv6 is false).',
      'Failed after 6 ms: dns (address-not-allowed): no usable address of a.test.',
      'Give the name an IPv4 address, or set validation.ipv6=true.',
    ],
  ],
  [
    'no-address: IPv6 alone below localhost, and validation.ipv6 is false',
    {
      class: 'no-address',
      hostname: 'ipv6.localhost',
      filtered: [{ address: '::1', reason: 'validation.ipv6 is false' }],
      addressSource: { kind: 'localhost' },
    },
    [
      'no valid A records found for ipv6.localhost; no valid AAAA records found for ipv6.localhost; ::1 is not used (validation.ipv6 is false).',
      'Failed after 6 ms: dns (address-not-allowed): no usable address of ipv6.localhost.',
      'Give the name an IPv4 address with --host ipv6.localhost=ADDRESS, or set validation.ipv6=true.',
    ],
  ],
  [
    'no-txt: in the zone',
    { class: 'no-txt', name: txt, answerSource: dns },
    [
      'No TXT record found at _acme-challenge.a.test.',
      'Failed after 6 ms: unauthorized (no-txt): no TXT record at _acme-challenge.a.test.',
      'Add the TXT record where this CA sees it (dns.servers), and wait until all name servers of the zone have it.',
    ],
  ],
  [
    'no-txt: below localhost',
    { class: 'no-txt', name: '_acme-challenge.first.localhost', answerSource: { kind: 'localhost' } },
    [
      'No TXT record found at _acme-challenge.first.localhost.',
      'Failed after 6 ms: unauthorized (no-txt): no TXT record at _acme-challenge.first.localhost.',
      'Use http-01: names below localhost are answered by Touchstone itself (RFC 6761) and have no TXT records.',
    ],
  ],
  [
    'no-txt: a wildcard below localhost',
    {
      class: 'no-txt',
      name: '_acme-challenge.first.localhost',
      answerSource: { kind: 'localhost' },
      wildcard: true,
    },
    [
      'No TXT record found at _acme-challenge.first.localhost.',
      'Failed after 6 ms: unauthorized (no-txt): no TXT record at _acme-challenge.first.localhost.',
      'Order each host by its name, with http-01, or a wildcard of a name that DNS servers answer for (dns.servers): names below localhost are answered by Touchstone itself (RFC 6761) and have no TXT records.',
    ],
  ],
  [
    'no-txt: a name of --host',
    { class: 'no-txt', name: txt, answerSource: { kind: 'configured-hosts' } },
    [
      'No TXT record found at _acme-challenge.a.test.',
      'Failed after 6 ms: unauthorized (no-txt): no TXT record at _acme-challenge.a.test.',
      'Use http-01, or take the name out of dns.hosts (--host), which has addresses only: no DNS server is asked about it.',
    ],
  ],
  [
    'wrong-txt: an older value',
    {
      class: 'wrong-txt',
      name: txt,
      expected: 'LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo',
      received: ['gfj9Xq5Rg85nM1ttBfVY5MWiOTIEd9tVvW4fcrpYRKo', 'v=spf1 -all'],
    },
    [
      'Incorrect TXT record "gfj9Xq5Rg85nM1ttBfVY5MWiOTIEd9tVvW4fcrpYRKo" (and 1 more) found at _acme-challenge.a.test. Expected "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo".',
      'Failed after 6 ms: unauthorized (wrong-txt): no TXT record with the expected value at _acme-challenge.a.test.',
      'Add a TXT record with the expected value, and wait until all name servers of the zone have it.',
    ],
  ],
  [
    'overall-timeout: at a request',
    { class: 'overall-timeout', budgetMs: 60_000, at: hop },
    [
      '2001:db8::1: Fetching URL: Timeout: the whole validation did not end within 60 s.',
      'Failed after 6 ms: connection (overall-timeout): the whole validation did not end within 60 s, while waiting for 2001:db8::1.',
      'Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.',
    ],
  ],
  [
    'internal: stopped',
    { class: 'internal', detail: 'The validation was broken off because the server was stopping.' },
    [
      'The validation was broken off because the server was stopping.',
      'Failed after 6 ms: serverInternal (internal): The validation was broken off because the server was stopping.',
      'Make a new order, which brings new challenges.',
    ],
  ],
];

const LONGEST_DETAIL = 370;

function textsOf(failure: ValidationFailure): readonly string[] {
  const { detail } = explainFailure(failure);
  const story = tellStory({
    identifier: { type: 'dns', value: 'a.test' },
    challengeType: 'http-01',
    addressPolicy: 'documented',
    startedAt: 0,
    durationMs: 6,
    steps: [],
    failure,
  });
  const [verdict, hint] = story.slice(-3).map(({ text }) => text);
  if (verdict === undefined || hint === undefined || !detail.endsWith(` ${hint}`))
    throw new Error(`the detail does not end with the hint: ${detail}`);
  return [withoutUrl(detail.slice(0, -hint.length - 1)), verdict, hint];
}

function withoutUrl(text: string): string {
  return text.replaceAll(/http:\/\/\S+\/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA/g, 'URL');
}

describe('what is said of a failed validation: what happened, the verdict in a story, and what to change', () => {
  test.each(TEXTS)('%s', (_, failure, texts) => {
    expect(textsOf(failure)).toEqual(texts);
  });

  test.each(TEXTS)('%s: short enough for one line', (_, failure) => {
    const { detail } = explainFailure(failure);
    expect(withoutUrl(detail).replaceAll('URL', '').length).toBeLessThanOrEqual(LONGEST_DETAIL);
    expect(detail).not.toMatch(/\n|undefined/);
  });
});
