import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';
import type { TlsCredentials } from '../../src/runtime/listener.ts';
import { freePort } from '../support/free-port.ts';
import { selfSigned } from '../support/self-signed.ts';
import type { SeenValidation, ValidationSettings } from '../support/validation-lab.ts';
import { CHALLENGE_PATH, KEY_AUTHORIZATION, validate } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';

const HOST = '127.0.0.1';
const ZONE = { 'dual.test': { A: [HOST] } };
const servers: SeenServer[] = [];
let credentials: TlsCredentials;

beforeAll(async () => {
  credentials = await selfSigned('dual.test');
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function web(...parameters: Parameters<typeof startWebServer>): Promise<SeenServer> {
  const server = await startWebServer(...parameters);
  servers.push(server);
  return server;
}

async function raw(onConnection: Parameters<typeof startRawServer>[2], port = 0): Promise<SeenServer> {
  const server = await startRawServer(HOST, port, onConnection);
  servers.push(server);
  return server;
}

function validateAt(server: SeenServer, more: ValidationSettings = {}): Promise<SeenValidation> {
  return validate({ zone: ZONE, httpPort: server.port, responseTimeoutMs: 300, ...more });
}

/** What the problem says, with the failure it was made from. */
function problemOf({ record }: SeenValidation): { failure: ValidationFailure; code: string; detail: string } {
  if (record.failure === undefined) throw new Error('the validation passed');
  const { code, detail } = explainFailure(record.failure);
  return { failure: record.failure, code, detail };
}

const answering = (body: string) => (socket: import('node:net').Socket) => {
  socket.once('data', () => socket.end(body));
};

describe('the request of http-01', () => {
  test('asks for the path of the token, with host and port, says who asks, and asks for no encoding', async () => {
    const server = await web(HOST, 0, (_, response) => response.end(KEY_AUTHORIZATION));
    const { passed } = await validateAt(server);
    expect(passed).toBe(true);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.url).toBe(CHALLENGE_PATH);
    expect(server.requests[0]?.headers).toEqual({
      host: `dual.test:${server.port}`,
      'user-agent': 'touchstone-test',
      accept: '*/*',
      connection: 'close',
    });
  });

  test('leaves no connection open, whatever came of it', async () => {
    const passing = await web(HOST, 0, (_, response) => response.end(KEY_AUTHORIZATION));
    const failing = await web(HOST, 0, (_, response) => response.writeHead(404).write('never ends'));
    await validateAt(passing);
    await validateAt(failing);
    await Promise.all([passing.drained(), failing.drained()]);
  });
});

describe('the body', () => {
  test.each([
    ['the key authorization', KEY_AUTHORIZATION, 'passes'],
    ['with a line feed at its end', `${KEY_AUTHORIZATION}\n`, 'passes'],
    ['with all kinds of white space at its end', `${KEY_AUTHORIZATION} \t\r\n\u0085\u00a0\u2003`, 'passes'],
    ['of 127 bytes with its white space', KEY_AUTHORIZATION.padEnd(127), 'passes'],
    ['of 128 bytes with its white space', KEY_AUTHORIZATION.padEnd(128), 'body-too-long'],
    ['with white space in front', ` ${KEY_AUTHORIZATION}`, 'wrong-content'],
    ['with a byte order mark in front', `\ufeff${KEY_AUTHORIZATION}`, 'wrong-content'],
    ['with a byte order mark at its end', `${KEY_AUTHORIZATION}\ufeff`, 'wrong-content'],
    ['with one letter less', KEY_AUTHORIZATION.slice(0, -1), 'wrong-content'],
    ['in upper case', KEY_AUTHORIZATION.toUpperCase(), 'wrong-content'],
    ['that is empty', '', 'wrong-content'],
  ])('%s', async (_, body, outcome) => {
    const server = await web(HOST, 0, (_request, response) => response.end(body));
    const { record } = await validateAt(server);
    expect(record.failure?.class ?? 'passes').toBe(outcome);
  });

  test('is made printable where it is shown', async () => {
    const server = await web(HOST, 0, (_, response) => response.end('\u001b[31mred\u0007\n"é'));
    const { detail, code } = problemOf(await validateAt(server));
    expect(code).toBe('unauthorized');
    expect(detail).toContain('\\x1b[31mred\\x07\\n"\\xc3\\xa9');
    expect(detail).toContain('The key authorization file from the server did not match this challenge');
  });

  test('in chunks that come one by one is put together', async () => {
    const server = await web(HOST, 0, (_, response) => {
      response.write(KEY_AUTHORIZATION.slice(0, 10), () => response.end(KEY_AUTHORIZATION.slice(10)));
    });
    expect((await validateAt(server)).passed).toBe(true);
  });

  test('that never ends is cut off at the limit, at once', async () => {
    const server = await web(HOST, 0, (_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    });
    const { failure, code } = problemOf(await validateAt(server, { responseTimeoutMs: 10_000 }));
    expect(failure).toMatchObject({ class: 'body-too-long', limitBytes: 127, start: 'x'.repeat(128) });
    expect(code).toBe('unauthorized');
    await server.drained();
  });
});

test.each([201, 204, 300, 304, 403, 404, 500])('a final status %i is unauthorized', async (status) => {
  const server = await web(HOST, 0, (_, response) => response.writeHead(status).end());
  const { failure, code, detail } = problemOf(await validateAt(server));
  expect(failure).toMatchObject({ class: 'status', status, address: HOST });
  expect(code).toBe('unauthorized');
  expect(detail).toContain(
    `${HOST}: Invalid response from http://dual.test:${server.port}${CHALLENGE_PATH}: ${status}`,
  );
});

describe('an answer that is none', () => {
  test.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n', 'response', 'not-http', 'is not a proper HTTP/1 response'],
    [
      'an HTTP/2 preface',
      '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64',
      'response',
      'http2',
      'speaking HTTP/2 over HTTP',
    ],
    [
      'headers without end',
      `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(10_000)}`,
      'response',
      'headers-too-long',
      'too long',
    ],
    [
      'one endless header',
      `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(100_000)}`,
      'response',
      'headers-too-long',
      'too long',
    ],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le', 'response', 'closed', 'closed the connection'],
    ['nothing before the end', '', 'response', 'closed', 'closed the connection'],
    [
      'half a body',
      'HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\nhalf',
      'body',
      'closed',
      'Error reading HTTP response body',
    ],
    [
      'a broken chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'body',
      'not-http',
      'Error reading HTTP response body',
    ],
  ])('%s', async (_, bytes, phase, kind, words) => {
    const server = await raw(answering(bytes));
    const validation = await validateAt(server);
    const { failure, code, detail } = problemOf(validation);
    expect(failure).toMatchObject({ class: 'exchange', phase, kind, address: HOST });
    expect(code).toBe(phase === 'body' ? 'unauthorized' : 'connection');
    expect(detail).toContain(words);
    expect(validation.record.steps.at(-1)).toMatchObject({ step: 'exchange-failed', phase, kind });
    await server.drained();
  });

  test('a reset while waiting', async () => {
    const server = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { failure, detail } = problemOf(await validateAt(server));
    expect(failure).toMatchObject({ class: 'exchange', phase: 'response', kind: 'reset' });
    expect(detail).toContain('Connection reset by peer');
  });

  test('a reset in the body', async () => {
    const server = await raw((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\nhalf', () => socket.resetAndDestroy()),
      ),
    );
    const { failure, code } = problemOf(await validateAt(server));
    expect(failure.class).toBe('exchange');
    expect(code).toMatch(/^(unauthorized|connection)$/);
  });

  test('a protocol that was not asked for', async () => {
    const server = await raw(
      answering('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    expect(problemOf(await validateAt(server)).failure).toMatchObject({ class: 'status', status: 101 });
  });

  test('a few informational answers before the one that counts are passed over', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(5);
    const server = await raw(
      answering(`HTTP/1.1 100 Continue\r\n\r\n${hints}HTTP/1.1 200 OK\r\n\r\n${KEY_AUTHORIZATION}`),
    );
    expect((await validateAt(server)).passed).toBe(true);
  });

  test('informational answers without end', async () => {
    const server = await raw((socket) => {
      const pour = () => {
        while (!socket.destroyed && socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)));
      };
      socket.on('drain', pour);
      socket.once('data', pour);
    });
    const { failure } = problemOf(await validateAt(server));
    expect(failure).toMatchObject({ class: 'exchange', kind: 'headers-too-long' });
    await server.drained();
  });
});

describe('a server that takes its time', () => {
  test.each([
    ['accepts and says nothing', '', 'response', 'silent', 'no byte of an answer came within 300 ms'],
    ['sends half a head', 'HTTP/1.1 200 OK\r\n', 'response', 'slow', 'was not complete within 300 ms'],
    [
      'sends half a body',
      'HTTP/1.1 200 OK\r\nContent-Length: 87\r\n\r\nhalf',
      'body',
      'slow',
      'not complete',
    ],
  ])('and %s', async (_, bytes, phase, kind, words) => {
    const server = await raw((socket) => socket.once('data', () => socket.write(bytes)));
    const { failure, detail } = problemOf(await validateAt(server));
    expect(failure).toMatchObject({ class: 'exchange', phase, kind });
    expect(detail).toContain('Timeout after connect (your server may be slow or overloaded)');
    expect(detail).toContain(words);
    await server.drained();
  });

  test('and outlasts the whole validation', async () => {
    const server = await raw((socket) => socket.resume());
    const validation = await validateAt(server, { responseTimeoutMs: 10_000, totalTimeoutMs: 100 });
    const { failure, code, detail } = problemOf(validation);
    expect(failure).toMatchObject({ class: 'overall-timeout', budgetMs: 100, at: { address: HOST } });
    expect(code).toBe('connection');
    expect(detail).toContain('validation.totalTimeoutMs');
    await server.drained();
  });

  test('is left at once when the server of the CA stops', async () => {
    const stop = new AbortController();
    const server = await raw((socket) => socket.once('data', () => stop.abort()));
    const validation = await validateAt(server, { responseTimeoutMs: 10_000, signal: stop.signal });
    expect(problemOf(validation).failure.class).toBe('internal');
    await server.drained();
  });
});

describe('over TLS, after a redirect to https', () => {
  async function redirectingTo(port: number, location = 'https://dual.test/x'): Promise<ValidationSettings> {
    const server = await web(HOST, 0, (_, response) => response.writeHead(302, { location }).end());
    return { zone: ZONE, httpPort: server.port, tlsPort: port, responseTimeoutMs: 300 };
  }

  test('no certificate is too bad, and the name alone is the server name', async () => {
    const server = await web(HOST, 0, (_, response) => response.end(KEY_AUTHORIZATION), credentials);
    const { passed, record } = await validate(await redirectingTo(server.port));
    expect(passed).toBe(true);
    expect(server.requests[0]?.headers.host).toBe(`dual.test:${server.port}`);
    expect(record.steps.filter(({ step }) => step === 'response').at(-1)).toMatchObject({
      tls: { protocol: 'TLSv1.3', serverName: 'dual.test' },
    });
  });

  test("the server name has no dot at its end, whatever the URL's host has", async () => {
    const server = await web(HOST, 0, (_, response) => response.end(KEY_AUTHORIZATION), credentials);
    const settings = await redirectingTo(server.port, 'https://dual.test./x');
    const zone = { ...ZONE, 'dual.test.': { A: [HOST] } };
    const { passed, record } = await validate({ ...settings, zone });
    expect(passed).toBe(true);
    expect(record.steps).toContainEqual(
      expect.objectContaining({ tls: expect.objectContaining({ serverName: 'dual.test' }) }),
    );
  });

  test.each([
    ['a server that speaks plain HTTP', 'not-tls', 'connection', 'Server only speaks HTTP, not TLS'],
    ['a server that closes at once', 'closed', 'connection', 'during the TLS handshake'],
    ['a server that stays silent', 'timeout', 'connection', 'Timeout after connect'],
    ['a server without a certificate', 'handshake', 'tls', 'remote error: tls: '],
    ['a server of TLS 1.1 at most', 'version', 'tls', 'TLS 1.2 or better'],
  ])('%s fails with %s', async (what, kind, code, words) => {
    const server = await tlsTrouble(what);
    const validation = await validate(await redirectingTo(server.port));
    const problem = problemOf(validation);
    expect(problem.failure).toMatchObject({ class: 'tls', kind });
    expect(problem.code).toBe(code);
    expect(problem.detail).toContain(words);
    expect(problem.detail).toContain('(TLS).');
    expect(validation.record.steps.at(-1)).toMatchObject({ step: 'exchange-failed', phase: 'tls', kind });
  });

  async function tlsTrouble(what: string): Promise<Pick<SeenServer, 'port'>> {
    switch (what) {
      case 'a server that speaks plain HTTP':
        return web(HOST, 0, (_, response) => response.end(KEY_AUTHORIZATION));
      case 'a server that closes at once':
        return raw((socket) => socket.end());
      case 'a server that stays silent':
        return raw(() => undefined);
      case 'a server without a certificate':
        return raw(
          (socket) =>
            void createTlsServer()
              .on('tlsClientError', () => undefined)
              .emit('connection', socket),
        );
      default:
        return raw((socket) => {
          // An alert of TLS 1.1: protocol_version.
          socket.once('data', () => socket.end(Buffer.from([0x15, 3, 2, 0, 2, 2, 70])));
        });
    }
  }
});

describe('redirects', () => {
  test('are followed ten times and not once more, or eleven times under boulder', async () => {
    for (const [addressPolicy, requests] of [
      ['documented', 11],
      ['boulder', 12],
    ] as const) {
      let count = 0;
      const server = await web(HOST, 0, (_, response) => {
        count += 1;
        response.writeHead(302, { location: `/hop-${count}` }).end();
      });
      const validation = await validateAt(server, { addressPolicy });
      expect(problemOf(validation).detail).toContain('Too many redirects');
      expect(server.requests).toHaveLength(requests);
      expect(validation.record.steps.filter(({ step }) => step === 'redirect')).toHaveLength(requests);
    }
  });

  test('lead to the host and path that they name, looked up afresh, with the query', async () => {
    const server = await web(HOST, 0, (request, response) => {
      if (request.url === CHALLENGE_PATH)
        response.writeHead(307, { location: 'HTTP://Other.TEST/a%20b?c=d#e' }).end();
      else response.end(KEY_AUTHORIZATION);
    });
    const zone = { ...ZONE, 'other.test': { A: [HOST] } };
    const { passed } = await validateAt(server, { zone });
    expect(passed).toBe(true);
    expect(server.requests.map(({ url, headers }) => [headers.host, url])).toEqual([
      [`dual.test:${server.port}`, CHALLENGE_PATH],
      [`other.test:${server.port}`, '/a%20b?c=d'],
    ]);
  });

  test('in unescaped UTF-8 lead to the name and path that are meant', async () => {
    const server = await raw((socket) =>
      socket.once('data', (request) => {
        const first = request.toString('latin1').includes(CHALLENGE_PATH);
        if (first)
          socket.end('HTTP/1.1 301 M\r\nLocation: http://bücher.test/é?ü\r\nContent-Length: 0\r\n\r\n');
        else {
          asked.push(request.toString('latin1').split('\r\n', 1)[0]);
          socket.end(`HTTP/1.1 200 OK\r\n\r\n${KEY_AUTHORIZATION}`);
        }
      }),
    );
    const asked: unknown[] = [];
    const { passed } = await validateAt(server, { zone: { ...ZONE, 'xn--bcher-kva.test': { A: [HOST] } } });
    expect(passed).toBe(true);
    expect(asked).toEqual(['GET /%C3%A9?%C3%BC HTTP/1.1']);
  });

  test('back to a URL that was asked are a loop', async () => {
    const server = await web(HOST, 0, (request, response) =>
      response.writeHead(308, { location: request.url === '/b' ? CHALLENGE_PATH : '/b' }).end(),
    );
    const { code, detail } = problemOf(await validateAt(server));
    expect(code).toBe('connection');
    expect(detail).toContain(
      `${HOST}: Fetching http://dual.test:${server.port}${CHALLENGE_PATH}: Redirect loop detected`,
    );
  });

  test('to a name that does not exist are a dns error that names the hop before', async () => {
    const server = await web(HOST, 0, (_, response) =>
      response.writeHead(301, { location: 'http://gone.test/x' }).end(),
    );
    const { code, detail } = problemOf(await validateAt(server));
    expect(code).toBe('dns');
    expect(detail).toContain(
      `${HOST}: Fetching http://gone.test:${server.port}/x: DNS problem: NXDOMAIN looking up A`,
    );
  });

  test('to a literal address are refused, and followed under boulder', async () => {
    const port = await freePort();
    const server = await web(HOST, port, (request, response) => {
      if (request.url === '/x') response.end(KEY_AUTHORIZATION);
      else response.writeHead(301, { location: `http://${HOST}:${port}/x` }).end();
    });
    expect(problemOf(await validateAt(server)).failure).toMatchObject({ refusal: 'ip-literal' });
    expect((await validateAt(server, { addressPolicy: 'boulder' })).passed).toBe(true);
  });

  test('to a name without a public suffix are refused with policy.requirePublicSuffix', async () => {
    const server = await web(HOST, 0, (_, response) =>
      response.writeHead(301, { location: 'http://dual.test/x' }).end(),
    );
    const { failure } = problemOf(await validateAt(server, { requirePublicSuffix: true }));
    expect(failure).toMatchObject({ class: 'redirect', refusal: 'public-suffix' });
  });
});
