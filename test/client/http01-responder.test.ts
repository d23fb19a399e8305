import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Http01Responder } from '../../src/client/http01-responder.ts';
import { startHttp01Responder } from '../../src/client/http01-responder.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

async function start(): Promise<Http01Responder> {
  const responder = await startHttp01Responder({ port: 0, timer: systemTimer });
  onTestFinished(() => responder.close());
  return responder;
}

test.each(['127.0.0.1', '[::1]'])('serves the key authorization on %s, and nothing else', async (host) => {
  const responder = await start();
  responder.serve('token-1', 'token-1.thumbprint');
  const at = (path: string, init?: RequestInit) => fetch(`http://${host}:${responder.port}${path}`, init);

  const found = await at('/.well-known/acme-challenge/token-1');
  expect(found.status).toBe(200);
  expect(await found.text()).toBe('token-1.thumbprint');
  for (const path of [
    '/',
    '/token-1',
    '/.well-known/acme-challenge/',
    '/.well-known/acme-challenge/other',
    '/.well-known/acme-challenge/__proto__',
    '/.well-known/acme-challenge/token-1/',
  ])
    expect((await at(path)).status, path).toBe(404);
  expect((await at('/.well-known/acme-challenge/token-1', { method: 'POST' })).status).toBe(404);

  responder.forget('token-1');
  expect((await at('/.well-known/acme-challenge/token-1')).status).toBe(404);
});

test('answers on both families with one port and without a warning', async () => {
  const responder = await start();
  expect(responder.families).toEqual(['IPv4', 'IPv6']);
  expect(responder.warning).toBeUndefined();
});

test.each(['0.0.0.0', '::'])('says which flag to change when %s has the port already', async (host) => {
  const other = await listener(host);
  await expect(startHttp01Responder({ port: other.port, timer: systemTimer })).rejects.toMatchObject({
    name: 'ResponderPortInUseError',
    message: expect.stringContaining('--http-port N'),
  });
  // The other family's socket is given back.
  await other.close();
  const responder = await startHttp01Responder({ port: other.port, timer: systemTimer });
  await responder.close();
});

test('closes although a connection is open, and leaves the port free', async () => {
  const responder = await startHttp01Responder({ port: 0, timer: systemTimer });
  const socket = connect(responder.port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  await responder.close();
  await ended;
  await expect(fetch(`http://127.0.0.1:${responder.port}/`)).rejects.toThrow();
});

async function listener(host: string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen({ host, port: 0, ipv6Only: true }, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  onTestFinished(() => (server.listening ? close() : undefined));
  return { port: address.port, close };
}
