import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createAcmeClient } from '../../src/client/create-acme-client.ts';
import { generateAccountKey, signFlattenedJws } from '../../src/jws/sign.ts';
import type { RunningServer, ServerOptions } from '../support/running-server.ts';
import { startServer } from '../support/running-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a stop may take when nothing is in flight. Measured: 0.02 s. */
const IDLE_STOP_MS = 1000;

async function start(options: Omit<ServerOptions, 'dataFolder'> & { readonly dataFolder?: string } = {}) {
  const server = await startServer({ dataFolder: temporaryFolder(), ...options });
  onTestFinished(() => {
    server.kill();
  });
  return server;
}

const portOf = (server: RunningServer): number => Number(new URL(server.directory.localhost).port);

async function connectTo(server: RunningServer): Promise<TLSSocket> {
  const socket = connect({ port: portOf(server), host: 'localhost', ca: readFileSync(server.apiCa) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** Resolves once the server accepts no further connection. */
async function stopsListening(server: RunningServer): Promise<void> {
  for (;;) {
    const socket = connectTcp(portOf(server), '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.destroy();
    } catch {
      return;
    }
  }
}

async function textOf(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s stops an idle server at once, with exit code 0',
  async (signal) => {
    const server = await start();
    const waiting = await connectTo(server);
    const unencrypted = connectTcp(portOf(server), '127.0.0.1');
    onTestFinished(() => void unencrypted.destroy());
    await once(unencrypted, 'connect');
    waiting.on('error', () => {});
    const asked = performance.now();
    process.kill(server.pid, signal);
    expect(await server.exited).toBe(0);
    expect(performance.now() - asked).toBeLessThan(IDLE_STOP_MS);
    expect(server.log()).toBe('');
  },
);

test('a request whose body is still on its way at SIGTERM is finished, and what it did is on disk', async () => {
  const server = await start();
  const accountKey = await generateAccountKey();
  const client = createAcmeClient({
    directoryUrl: server.directory.localhost,
    apiCa: readFileSync(server.apiCa, 'utf8'),
    accountKey,
  });
  const { newAccount, newNonce } = await client.directory();
  client.close();
  const nonce = await nonceOf(server, newNonce);
  const body = JSON.stringify(
    await signFlattenedJws({
      privateKey: accountKey.privateKey,
      algorithm: accountKey.algorithm,
      protectedHeader: { nonce, url: newAccount, jwk: accountKey.jwk },
      payload: JSON.stringify({ termsOfServiceAgreed: true }),
    }),
  );
  const { pathname, host } = new URL(newAccount);
  const socket = await connectTo(server);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/jose+json',
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`);
  // The handler has the request once another one, sent later on another connection, was answered.
  await nonceOf(server, newNonce);
  const exited = server.stop();
  await stopsListening(server);
  socket.write(body.slice(10));
  expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 201 Created\r\n[\s\S]*Connection: close\r\n/i);
  expect(await exited).toBe(0);
  const again = await start({ dataFolder: server.dataFolder });
  const later = createAcmeClient({
    directoryUrl: again.directory.localhost,
    apiCa: readFileSync(again.apiCa, 'utf8'),
    accountKey,
  });
  const found = await later.newAccount({ onlyReturnExisting: true });
  later.close();
  expect(found).toMatchObject({ created: false, status: 'valid' });
});

test('a second signal a moment later, as npm passes Ctrl-C on, is the same wish', async () => {
  const server = await start();
  process.kill(server.pid, 'SIGINT');
  process.kill(server.pid, 'SIGINT');
  expect(await server.exited).toBe(0);
});

async function nonceOf(server: RunningServer, url: string): Promise<string> {
  const socket = await connectTo(server);
  const { pathname, host } = new URL(url);
  socket.write(`HEAD ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return /^replay-nonce: (\S+)/im.exec(await textOf(socket))?.[1] ?? '';
}
