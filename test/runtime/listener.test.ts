import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { CannotListenError, PortInUseError } from '../../src/runtime/listen-errors.ts';
import type { Listener, ListenOptions } from '../../src/runtime/listener.ts';
import { listen } from '../../src/runtime/listener.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { selfSigned } from '../support/self-signed.ts';

/** Longer than the tests may take: what closes in time did so without the deadline's help. */
const NEVER_MS = 3_600_000;

const BOTH = ['127.0.0.1', '::1'];

async function start(options: Partial<ListenOptions> & { handler: RequestListener }): Promise<Listener> {
  const listener = await listen({
    addresses: BOTH,
    port: 0,
    answerParserRefusal: ({ status }) => ({
      status,
      reasonPhrase: 'Refused',
      headers: { 'Content-Type': 'text/plain' },
      body: `refused with ${status}`,
    }),
    onError: () => undefined,
    timer: systemTimer,
    ...options,
  });
  onTestFinished(() => listener.close(0));
  return listener;
}

const hello: RequestListener = (_request, response) => {
  response.end('hello');
};

/** A handler that lets the test decide when to answer. */
function heldHandler(): {
  readonly handler: RequestListener;
  readonly arrived: Promise<readonly [IncomingMessage, ServerResponse]>;
} {
  let announce: (exchange: readonly [IncomingMessage, ServerResponse]) => void = () => undefined;
  const arrived = new Promise<readonly [IncomingMessage, ServerResponse]>((resolve) => {
    announce = resolve;
  });
  return { handler: (request, response) => announce([request, response]), arrived };
}

async function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect(port, host);
  socket.setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the other side closes. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  // A reset is an end too; `once` would reject.
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

test('listens on IPv4 and IPv6 with one free port', async () => {
  const { port, addresses, missing } = await start({ handler: hello });
  expect(addresses).toEqual(BOTH);
  expect(missing).toEqual([]);
  for (const host of ['127.0.0.1', '[::1]']) {
    expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe('hello');
  }
});

test('the unspecified addresses of both families share a port, IPv6 taking IPv6 only', async () => {
  const { port, addresses } = await start({ handler: hello, addresses: ['0.0.0.0', '::'] });
  expect(addresses).toEqual(['0.0.0.0', '::']);
  for (const host of ['127.0.0.1', '[::1]']) {
    expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe('hello');
  }
});

test('a port in use is named with its address, and nothing is left open', async () => {
  const other = createServer();
  other.listen(0, '::1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const error = await start({ handler: hello, port }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PortInUseError);
  expect(error).toMatchObject({ address: '::1', port });
  const again = createServer();
  again.listen(port, '127.0.0.1');
  await once(again, 'listening');
  again.close();
});

test('an address that the host lacks is reported', async () => {
  // 192.0.2.0/24 is for documentation (RFC 5737): no host has it.
  const { addresses, missing } = await start({ handler: hello, addresses: ['127.0.0.1', '192.0.2.1'] });
  expect(addresses).toEqual(['127.0.0.1']);
  expect(missing).toEqual([{ address: '192.0.2.1', code: 'EADDRNOTAVAIL' }]);
});

test('an address that the host lacks is fatal when all are required, or when it was the only one', async () => {
  const required = start({ handler: hello, addresses: ['127.0.0.1', '192.0.2.1'], requireAll: true });
  await expect(required).rejects.toThrow(CannotListenError);
  await expect(start({ handler: hello, addresses: ['192.0.2.1'] })).rejects.toThrow(/192\.0\.2\.1/);
});

test('closing finishes the request in flight and closes its connection', async () => {
  const { handler, arrived } = heldHandler();
  const listener = await start({ handler });
  const socket = await open(listener.port);
  const received = rest(socket);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, response] = await arrived;
  const closed = listener.close(NEVER_MS);
  await expect(open(listener.port)).rejects.toThrow('ECONNREFUSED');
  response.end('finished');
  expect(await received).toMatch(/Connection: close[\s\S]*finished$/);
  await closed;
});

test('closing waits for an answer whose header was sent before, then closes its connection', async () => {
  const { handler, arrived } = heldHandler();
  const listener = await start({ handler });
  const socket = await open(listener.port);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, response] = await arrived;
  response.writeHead(200, { 'Content-Length': '8' });
  response.flushHeaders();
  await once(socket, 'data');
  const received = rest(socket);
  const closed = listener.close(NEVER_MS);
  response.end('finished');
  expect(await received).toBe('finished');
  await closed;
});

test('closing ends idle connections at once: kept alive, unused, and half-way through a header', async () => {
  const listener = await start({ handler: hello });
  const agent = new Agent({ keepAlive: true });
  const kept = httpRequest({ agent, host: '127.0.0.1', port: listener.port }).end();
  const [response] = await once(kept, 'response');
  response.resume();
  await once(response, 'end');
  const unused = await open(listener.port);
  const halfWay = await open(listener.port, '::1');
  halfWay.write('GET / HT');
  const ended = [rest(unused), rest(halfWay)];
  await listener.close(NEVER_MS);
  expect(await Promise.all(ended)).toEqual(['', '']);
});

test('as many connections as may stand do so on both addresses together, and room that is made is taken', async () => {
  const complaints: string[] = [];
  const { port } = await start({
    handler: hello,
    maxConnections: 3,
    onError: ({ message }) => complaints.push(message),
  });
  const [first] = [await open(port, '127.0.0.1'), await open(port, '::1'), await open(port, '::1')];
  for (const host of ['127.0.0.1', '::1', '127.0.0.1']) {
    const refused = await open(port, host);
    expect(await rest(refused)).toBe('');
  }
  expect(complaints).toEqual([expect.stringContaining('3 connections stand')]);
  first.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await rest(first)).toContain('hello');
  for (;;) {
    // The server learns of the close a moment after its client does.
    const next = await open(port, '::1');
    next.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    if ((await rest(next)).includes('hello')) break;
  }
});

test('connections that all stand on one address leave no room on the other, which has none', async () => {
  const { port } = await start({ handler: hello, maxConnections: 3 });
  for (let count = 0; count < 3; count += 1) {
    const standing = await open(port, '127.0.0.1');
    standing.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(standing, 'data');
  }
  const ends: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    const further = await open(port, '::1');
    further.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    ends.push(await rest(further));
  }
  expect(ends).toEqual(['', '']);
});

test('what is left at the deadline is cut', async () => {
  const { handler, arrived } = heldHandler();
  const listener = await start({ handler });
  const socket = await open(listener.port);
  const received = rest(socket);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await arrived;
  await listener.close(1);
  expect(await received).toBe('');
});

test.each([
  ['what is not HTTP', 'hello\r\n\r\n', 400],
  ['an unknown method', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ['a header over 16 kB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
])('%s is answered by the callback', async (_what, bytes, status) => {
  const listener = await start({ handler: hello });
  const socket = await open(listener.port);
  const received = rest(socket);
  socket.write(bytes);
  const text = await received;
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} Refused\r\n`));
  expect(text).toMatch(new RegExp(`Connection: close\r\n\r\nrefused with ${status}$`));
});

test('a client that asks to CONNECT and is gone before the answer does no harm', async () => {
  const listener = await start({ handler: hello });
  // The reset has to meet the answer half-way, which takes some tries: without the guard a few hundred at the most.
  for (let round = 0; round < 50; round += 1) {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = await open(listener.port);
        socket.write('CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n');
        socket.resetAndDestroy();
        await once(socket, 'close');
      }),
    );
  }
  const socket = await open(listener.port);
  const received = rest(socket);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await received).toMatch(/hello$/);
});

test('a body that turns out broken is answered on the bare socket while no answer has begun', async () => {
  const { handler, arrived } = heldHandler();
  const listener = await start({ handler });
  const socket = await open(listener.port);
  const received = rest(socket);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  await arrived;
  socket.write('nonsense\r\n');
  expect(await received).toMatch(/^HTTP\/1\.1 400 /);
});

test('a request without Host reaches the handler, which answers it', async () => {
  const listener = await start({ handler: hello });
  const socket = await open(listener.port);
  const received = rest(socket);
  socket.write('GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  expect(await received).toMatch(/hello$/);
});

test('serves HTTPS, and a replaced certificate counts from the next connection on', async () => {
  const [first, second] = await Promise.all([selfSigned('first'), selfSigned('second')]);
  const listener = await start({ handler: hello, tls: first });
  const subject = async (): Promise<unknown> => {
    const socket = connectTls({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return CN;
  };
  expect(await subject()).toBe('first');
  listener.replaceCertificate(second);
  expect(await subject()).toBe('second');
});

test('closing an HTTPS listener ends connections that have not finished their handshake, and idle ones', async () => {
  const tls = await selfSigned('first');
  const listener = await start({ handler: hello, tls });
  const silent = await open(listener.port);
  const idle = connectTls({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(idle, 'secureConnect');
  const ended = [rest(silent), rest(idle)];
  await listener.close(NEVER_MS);
  expect(await Promise.all(ended)).toEqual(['', '']);
});
