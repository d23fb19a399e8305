import fc from 'fast-check';

/** What is written to a connection, and how it is left. */
export interface RawLie {
  readonly bytes: Buffer;
  /** `tls` is what the server expects; `tcp` writes to the bare socket of an HTTPS port. */
  readonly over: 'tls' | 'tcp';
  /** `end` closes our half at once, `answered` when an answer has begun, `reset` resets when all is written. */
  readonly leave: 'end' | 'answered' | 'reset';
}

/** A request that is answered with the directory, whatever follows it. */
export const SOUND = 'GET /dir HTTP/1.1\r\nHost: localhost\r\n\r\n';

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'M-SEARCH',
  'PRI',
  'get',
  'G\0T',
  '',
];

const TARGETS = [
  ...[
    '/',
    '/dir',
    '/directory',
    '/acme/new-nonce',
    '/acme/new-account',
    '/acme/new-order',
    '/acme/order/order_1',
    '/acme/cert/cert_1',
  ],
  ...[
    '/dir/',
    '/DIR',
    '//dir',
    '/./dir',
    '/acme/../dir',
    '/%64ir',
    '/dir%00',
    '/dir%',
    '/dir%zz',
    '/%c0%af',
    '/%ff',
    '/dir;a=b',
    '/dir?',
  ],
  ...[
    '/dir?a=%',
    '/dir#a',
    '/acme/order/order_0',
    '/acme/order/order_-1',
    '/acme/order/order_1e3',
    '/acme/order/__proto__',
    '/acme/order/constructor',
  ],
  ...[
    '/acme/order/order_99999999999999999999',
    '/acme/order/order_1/finalize/x',
    '/acme/order/%2e%2e/x',
    '/acme/order//finalize',
    '/\\dir',
    '\\',
  ],
  ...[
    '*',
    'dir',
    '?',
    'http://localhost/dir',
    'https://localhost/dir',
    'http://localhost:99999/dir',
    'http://[:::]/dir',
    'http://[::1]/dir',
  ],
  ...[
    'http://a@localhost/dir',
    'http:///dir',
    'http://',
    'http://localhost?x',
    'ftp://localhost/dir',
    'http://localhost/%',
    'localhost:443',
  ],
  ...[
    `/${'a'.repeat(8_000)}`,
    `/${'a/'.repeat(4_000)}`,
    `/${'%41'.repeat(3_000)}`,
    '/a\tb',
    '/a b',
    '/\u00ff',
    '/__proto__',
    '/favicon.ico',
  ],
];

const HOSTS = [
  ...[
    'localhost',
    'localhost:1',
    'localhost:99999',
    'localhost:',
    'localhost:x',
    'localhost:-1',
    '[::1]',
    '[:::]',
    '[::1',
    '::1',
    '[1.2.3.4]',
  ],
  ...[
    '',
    ' ',
    'a b',
    'a,b',
    'a/b',
    'a@b',
    'a"b',
    "a'b",
    'a<b>',
    'a\\b',
    'a#b',
    'a?b',
    'a%00',
    '\u00fc',
    '127.0.0.256',
    '0x7f.1',
    '..',
    '-',
    '_',
  ],
  ...['a'.repeat(300), '__proto__', 'localhost\r\nX-Injected: 1', 'localhost\r\n\r\nGET /dir HTTP/1.1'],
];

const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/9.9',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.1 x',
  'ICAP/1.0',
  '',
];

const HEADERS = [
  ...[
    'Content-Length: 0',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 1e3',
    'Content-Length: 0x5',
    'Content-Length: 99999999999999999999',
  ],
  ...[
    'Content-Length: 70000',
    'Content-Length: 5, 5',
    'Content-Length: 5\r\nContent-Length: 6',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
  ],
  ...[
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding:\x0bchunked',
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
  ],
  ...[
    'Expect: 100-continue',
    'Expect: 200-ok',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA',
  ],
  ...[
    'Connection: close',
    'Connection: keep-alive',
    'Connection: a,b,,c',
    'Content-Type: application/jose+json',
    'Content-Type: text/plain',
    'Content-Type:',
  ],
  ...[
    'Content-Type: application/jose+json; charset=utf-8',
    'Content-Encoding: gzip',
    'Accept: */*',
    'Accept-Language: \u00ff',
    'Range: bytes=0-1',
    'If-None-Match: *',
  ],
  ...[
    'X\u0000: 1',
    'X : 1',
    ' X: 1',
    'X',
    ': 1',
    'X: \u0000',
    'X: \r',
    'X: a\nb',
    'X: a\r\n folded',
    '__proto__: 1',
    'constructor: 1',
    'Host: other',
    'Forwarded: host=x',
  ],
  ...[
    'X-Forwarded-Host: evil',
    'X-HTTP-Method-Override: DELETE',
    `X: ${'x'.repeat(17_000)}`,
    `${'X: 1\r\n'.repeat(1_500)}X: 1`,
    'Trailer: X',
    'Cookie: a=b',
  ],
];

const BODIES = [
  ...[
    '',
    '{}',
    'hello',
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'ffffffffffffffffff\r\n',
    '-1\r\n',
    'g\r\n',
    '5\r\nhel',
    '5;a=b\r\nhello\r\n0\r\n\r\n',
  ],
  ...[
    `5;${'a'.repeat(20_000)}\r\nhello\r\n`,
    '0\r\nX: 1\r\n\r\n',
    '0\r\nContent-Length: 5\r\n\r\n',
    'GET /dir HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'x'.repeat(70_000),
  ],
  ...['10000\r\n'.concat('x'.repeat(65_536), '\r\n10000\r\n', 'x'.repeat(65_536)), '\u0000\u0000\u0000'],
];

const WHOLE = [
  ...[
    'GET /dir\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\r\n\r\n\r\n',
    '\u0000',
    'SSH-2.0-x\r\n',
    'EHLO a\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
    '',
  ],
  ...[
    'GET /dir HTTP/1.1\nHost: localhost\n\n',
    'GET\t/dir\tHTTP/1.1\r\nHost: localhost\r\n\r\n',
    '\r\nGET /dir HTTP/1.1\r\nHost: localhost\r\n\r\n',
  ],
];

const target = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TARGETS) },
  fc.webPath().map((path) => path || '/'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

interface RequestParts {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly host: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const USUAL: RequestParts = {
  method: 'GET',
  target: '/dir',
  version: 'HTTP/1.1',
  host: 'localhost',
  headers: [],
  body: '',
};

/** One part other than usual, or all of them. */
const chosenRequest: fc.Arbitrary<string> = fc
  .oneof<fc.Arbitrary<Partial<RequestParts>>[]>(
    fc.record({ method: fc.constantFrom(...METHODS) }),
    fc.record({ target }),
    fc.record({ version: fc.constantFrom(...VERSIONS) }),
    fc.record({ host: fc.constantFrom(...HOSTS) }),
    fc.record({ headers: fc.array(fc.constantFrom(...HEADERS), { minLength: 1, maxLength: 2 }) }),
    fc.record({ body: fc.constantFrom(...BODIES), method: fc.constantFrom('GET', 'POST') }),
    fc.record({
      method: fc.constantFrom(...METHODS, 'POST', 'POST', 'POST'),
      target,
      version: fc.constantFrom(...VERSIONS),
      host: fc.constantFrom('localhost', ...HOSTS),
      headers: fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }),
      body: fc.constantFrom(...BODIES),
    }),
  )
  .map((parts) => {
    const { method, target, version, host, headers, body } = { ...USUAL, ...parts };
    return [`${method} ${target} ${version}`, `Host: ${host}`, ...headers, '', body].join('\r\n');
  });

/** Bytes of a request that is right as far as a parser sees, of which some are changed. */
const damagedRequest: fc.Arbitrary<string> = fc
  .record({
    request: fc.constantFrom(
      'GET /dir HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n',
      'POST /acme/new-order HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jose+json\r\nContent-Length: 43\r\n\r\n{"protected":"e30","payload":"","signature"',
      'POST /acme/new-account HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/jose+json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ),
    at: fc.nat(200),
    remove: fc.nat(3),
    insert: fc.string({ unit: 'binary', maxLength: 3 }),
  })
  .map(({ request, at, remove, insert }) => {
    const place = at % request.length;
    return request.slice(0, place) + insert + request.slice(place + remove);
  });

const anyRequest = fc.oneof(
  { weight: 6, arbitrary: chosenRequest },
  { weight: 3, arbitrary: damagedRequest },
  { weight: 1, arbitrary: fc.constantFrom(...WHOLE) },
);

const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: anyRequest },
  { weight: 2, arbitrary: fc.tuple(anyRequest, anyRequest).map(([first, second]) => first + second) },
  { weight: 1, arbitrary: anyRequest.map((bytes) => SOUND + bytes) },
);

export const rawLie: fc.Arbitrary<RawLie> = fc.record({
  bytes: fc.oneof(
    { weight: 9, arbitrary: text.map((each) => Buffer.from(each, 'latin1')) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
  ),
  over: fc.oneof({ weight: 9, arbitrary: fc.constant('tls' as const) }, fc.constant('tcp' as const)),
  leave: fc.oneof(
    { weight: 6, arbitrary: fc.constant('answered' as const) },
    { weight: 3, arbitrary: fc.constant('end' as const) },
    fc.constant('reset' as const),
  ),
});
