import { KEY_AUTHORIZATION } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import {
  ASKED,
  BOTH,
  CONNECTS_V4,
  CONNECTS_V6,
  FOLLOWS,
  NO_RETRY,
  NO_RETRY_STEP,
  ONLY_V4,
  OR_NO_AAAA,
  OTHER_V4,
  V4,
  V6,
} from './failure-case.ts';
import { answers, begins, redirects, says, serves, silent, web } from './services.ts';

const QUICKLY = { responseTimeoutMs: 200 } as const;

const SILENT: readonly FailureCase[] = [
  {
    what: 'the server accepts the connection and says nothing',
    is: 'silent',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Timeout after connect (your server may be slow or overloaded): no byte of an answer came within 10 s (request). What listens there does not answer in time: see its load and log.`,
    steps: [...CONNECTS_V4, 'response failed: silent'],
    servers: { [`${V4} http`]: silent },
    settings: QUICKLY,
  },
  {
    what: 'the server at the IPv6 address says nothing, and IPv4 would serve',
    is: 'silent',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Timeout after connect (your server may be slow or overloaded): no byte of an answer came within 10 s (request). ${NO_RETRY} What listens there does not answer in time: see its load and log. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'response failed: silent', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: silent, [`${V4} http`]: serves },
    settings: QUICKLY,
  },
  {
    what: 'the server that a redirect leads to says nothing',
    is: 'silent',
    code: 'connection',
    detail:
      '127.0.0.2: Fetching http://other.test:5002/x: Timeout after connect (your server may be slow or overloaded): no byte of an answer came within 10 s (request). What listens there does not answer in time: see its load and log.',
    steps: [
      ...FOLLOWS,
      'A other.test answered',
      'AAAA other.test empty',
      'plan 127.0.0.2',
      'dial 127.0.0.2: connected',
      'response failed: silent',
    ],
    zone: { ...ONLY_V4, 'other.test': { A: [OTHER_V4] } },
    servers: { [`${V4} http`]: redirects('http://other.test/x'), [`${OTHER_V4} http`]: silent },
    settings: QUICKLY,
  },
];

const SLOW: readonly FailureCase[] = [
  {
    what: 'the server stops in the middle of the headers',
    is: 'slow',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Timeout after connect (your server may be slow or overloaded): the answer was not complete within 10 s (request). What listens there does not answer in time: see its load and log.`,
    steps: [...CONNECTS_V4, 'response failed: slow'],
    servers: { [`${V4} http`]: begins('HTTP/1.1 200 OK\r\n') },
    settings: QUICKLY,
  },
  {
    what: 'the server stops in the middle of the body',
    is: 'slow',
    code: 'unauthorized',
    detail:
      '127.0.0.1: Fetching http://dual.test:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Error reading HTTP response body: Timeout after connect (your server may be slow or overloaded): the answer was not complete within 10 s: 4 of 87 bytes came. What listens there does not answer in time: see its load and log.',
    steps: [...CONNECTS_V4, 'body failed: slow'],
    servers: { [`${V4} http`]: begins('HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\nhalf') },
    settings: QUICKLY,
  },
  {
    what: 'the server at the IPv6 address stops in the middle of the headers, and IPv4 would serve',
    is: 'slow',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Timeout after connect (your server may be slow or overloaded): the answer was not complete within 10 s (request). ${NO_RETRY} What listens there does not answer in time: see its load and log. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'response failed: slow', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: begins('HTTP/1.1 2'), [`${V4} http`]: serves },
    settings: QUICKLY,
  },
];

const NOT_HTTP: readonly FailureCase[] = [
  {
    what: 'a server of SSH listens',
    is: 'not-http',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Error getting validation data: what came back is not a proper HTTP/1 response: "SSH-2.0-OpenSSH_9.2\\r\\n" (request). Check the port: what listens there does not speak HTTP/1.1 as it should.`,
    steps: [...CONNECTS_V4, 'response failed: not-http'],
    servers: { [`${V4} http`]: says('SSH-2.0-OpenSSH_9.2\r\n') },
  },
  {
    what: 'the server speaks HTTP/2 without being asked',
    is: 'not-http',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Server is speaking HTTP/2 over HTTP: validation speaks HTTP/1.1 (request). Make the server speak HTTP/1.1 on the port that http-01 uses.`,
    steps: [...CONNECTS_V4, 'response failed: http2'],
    servers: { [`${V4} http`]: says('\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64') },
  },
  {
    what: 'a server of TLS listens where plain HTTP is expected',
    is: 'not-http',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Error getting validation data: what came back is not a proper HTTP/1 response: "\\x15\\x03\\x03\\x00\\x02\\x02\\n" (request). Check the port: what listens there speaks TLS, and is asked over plain HTTP.`,
    steps: [...CONNECTS_V4, 'response failed: not-http'],
    servers: { [`${V4} http`]: says(Buffer.from([0x15, 3, 3, 0, 2, 2, 10])) },
  },
  {
    what: 'the body is not in chunks, as the headers say',
    is: 'not-http',
    code: 'unauthorized',
    detail:
      '127.0.0.1: Fetching http://dual.test:5002/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA: Error reading HTTP response body: Error getting validation data: what came back is not a proper HTTP/1 response (HPE_INVALID_CHUNK_SIZE). Check the port: what listens there does not speak HTTP/1.1 as it should.',
    steps: [...CONNECTS_V4, 'body failed: not-http'],
    servers: {
      [`${V4} http`]: says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
    },
  },
];

const HEADERS: readonly FailureCase[] = [
  {
    what: 'a header has 100,000 bytes',
    is: 'headers-too-long',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Error getting validation data: the headers of the answer are too long (request). Make the web server send fewer or shorter headers.`,
    steps: [...CONNECTS_V4, 'response failed: headers-too-long'],
    servers: { [`${V4} http`]: says(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(100_000)}`) },
  },
  {
    what: 'there are 10,000 headers, at the IPv6 address',
    is: 'headers-too-long',
    code: 'connection',
    detail: `::1: Fetching ${ASKED}: Error getting validation data: the headers of the answer are too long (request). ${NO_RETRY} Make the web server send fewer or shorter headers. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'response failed: headers-too-long', NO_RETRY_STEP],
    zone: BOTH,
    servers: {
      [`${V6} http`]: says(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(10_000)}`),
      [`${V4} http`]: serves,
    },
  },
  {
    what: 'informational answers come without end',
    is: 'headers-too-long',
    code: 'connection',
    detail: `127.0.0.1: Fetching ${ASKED}: Error getting validation data: the headers of the answer are too long (request). Make the web server send fewer or shorter headers.`,
    steps: [...CONNECTS_V4, 'response failed: headers-too-long'],
    servers: { [`${V4} http`]: says('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)) },
  },
];

const STATUS_404: readonly FailureCase[] = [
  {
    what: 'the file is not there',
    is: 'status-404',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: 404. Make the web server at 127.0.0.1 answer with status 200 and the key authorization.`,
    steps: [...CONNECTS_V4, 'status 404'],
    servers: { [`${V4} http`]: answers(404, 'no such page') },
  },
  {
    what: 'the file is not there over IPv6, and IPv4 would serve it',
    is: 'status-404',
    code: 'unauthorized',
    detail: `::1: Invalid response from ${ASKED}: 404. ${NO_RETRY} Make the web server at ::1 answer with status 200 and the key authorization. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'status 404', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: answers(404, 'no such page'), [`${V4} http`]: serves },
  },
  {
    what: 'the file is not where a redirect leads',
    is: 'status-404',
    code: 'unauthorized',
    detail:
      '127.0.0.1: Invalid response from http://dual.test:5002/x: 404. Make the web server at 127.0.0.1 answer with status 200 and the key authorization.',
    steps: [...CONNECTS_V4, 'status 301', 'redirect 1 followed', ...CONNECTS_V4, 'status 404'],
    servers: {
      [`${V4} http`]: web((request, response) => {
        if (request.url === '/x') response.writeHead(404).end();
        else response.writeHead(301, { location: '/x' }).end();
      }),
    },
  },
];

const STATUS: readonly FailureCase[] = [
  {
    what: 'a password is asked for',
    is: 'status-other',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: 401. Make the web server at 127.0.0.1 answer with status 200 and the key authorization.`,
    steps: [...CONNECTS_V4, 'status 401'],
    servers: { [`${V4} http`]: answers(401, '', { 'www-authenticate': 'Basic' }) },
  },
  {
    what: 'access is forbidden',
    is: 'status-other',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: 403. Make the web server at 127.0.0.1 answer with status 200 and the key authorization.`,
    steps: [...CONNECTS_V4, 'status 403'],
    servers: { [`${V4} http`]: answers(403) },
  },
  {
    what: 'the server is being maintained, over IPv6, and IPv4 would serve',
    is: 'status-other',
    code: 'unauthorized',
    detail: `::1: Invalid response from ${ASKED}: 503. ${NO_RETRY} Make the web server at ::1 answer with status 200 and the key authorization. ${OR_NO_AAAA}`,
    steps: [...CONNECTS_V6, 'status 503', NO_RETRY_STEP],
    zone: BOTH,
    servers: { [`${V6} http`]: answers(503), [`${V4} http`]: serves },
  },
  {
    what: 'the right text comes with the status 201',
    is: 'status-other',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: 201. Make the web server at 127.0.0.1 answer with status 200 and the key authorization.`,
    steps: [...CONNECTS_V4, 'status 201'],
    servers: { [`${V4} http`]: answers(201, KEY_AUTHORIZATION) },
  },
  {
    what: 'a redirect has no Location',
    is: 'status-other',
    code: 'unauthorized',
    detail: `127.0.0.1: Invalid response from ${ASKED}: 302, a redirect without a Location header. Give the redirect a Location, or make the web server at 127.0.0.1 answer with status 200 and the key authorization.`,
    steps: [...CONNECTS_V4, 'status 302'],
    servers: { [`${V4} http`]: answers(302) },
  },
];

/** Answers that are none, or not the right ones by their head. */
export const HTTP_CASES: readonly FailureCase[] = [
  ...SILENT,
  ...SLOW,
  ...NOT_HTTP,
  ...HEADERS,
  ...STATUS_404,
  ...STATUS,
];
