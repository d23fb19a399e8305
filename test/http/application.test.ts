import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAcmeApplication } from '../../src/http/acme/application.ts';
import { Nonces } from '../../src/http/acme/nonces.ts';
import { answerParserRefusal } from '../../src/http/acme/problem-response.ts';
import {
  answerPublicationParserRefusal,
  createPublicationApplication,
} from '../../src/http/publication/application.ts';
import type { Registration } from '../../src/registration/registration.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { listen } from '../../src/runtime/listener.ts';
import { messageClassesFor } from '../../src/runtime/message-classes.ts';
import { systemRandomness } from '../../src/runtime/randomness.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import type { AcmeTestServer } from '../support/acme-application.ts';
import { startAcmeServer } from '../support/acme-application.ts';
import { get } from '../support/acme-requests.ts';
import { selfSigned } from '../support/self-signed.ts';

let server: AcmeTestServer;
beforeAll(async () => {
  server = await startAcmeServer();
});
afterAll(() => server.listener.close(0));

test.each([false, true])(
  'requests and responses have the prototypes of the application before it sees them (HTTPS: %s)',
  async (isTls) => {
    const application = createAcmeApplication({
      registration: {} as Registration,
      nonces: new Nonces(systemRandomness),
      config: {},
      page: () => '',
      clock: systemClock,
      timer: systemTimer,
      randomness: systemRandomness,
      logger: { debug: () => undefined, info: () => undefined, error: () => undefined },
    });
    const seen: unknown[] = [];
    const listener = await listen({
      addresses: ['127.0.0.1'],
      port: 0,
      ...(isTls ? { tls: await selfSigned('localhost') } : {}),
      messages: messageClassesFor(application),
      handler: (request: IncomingMessage, response: ServerResponse) => {
        const before = [Object.getPrototypeOf(request), Object.getPrototypeOf(response)];
        application(request, response);
        const after = [Object.getPrototypeOf(request), Object.getPrototypeOf(response)];
        seen.push(before[0] === application.request, before[1] === application.response);
        seen.push(after[0] === before[0], after[1] === before[1]);
      },
      answerParserRefusal,
      onError: () => undefined,
      timer: systemTimer,
    });
    if (isTls) {
      const { Agent, get: getHttps } = await import('node:https');
      const agent = new Agent({ rejectUnauthorized: false });
      const status = await new Promise((resolve, reject) => {
        getHttps({ agent, host: '127.0.0.1', port: listener.port, path: '/dir' }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
      expect(status).toBe(200);
    } else {
      expect((await get(`http://127.0.0.1:${listener.port}/dir`)).status).toBe(200);
    }
    expect(seen).toEqual([true, true, true, true]);
    await listener.close(0);
  },
);

test("a browser's wish for an icon is answered with nothing, and with no line at info", async () => {
  const icon = await get(`${server.base}/favicon.ico`);
  expect([icon.status, icon.text]).toEqual([204, '']);
});

test('the page for people is at /, links nowhere else, and takes GET and HEAD only', async () => {
  const page = await get(`${server.base}/`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.text).toContain('Touchstone');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await get(`${server.base}/`, { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
});

test('nothing says what the server is made of, and no response is to be stored', async () => {
  const { headers } = await get(`${server.base}/dir`);
  for (const name of ['x-powered-by', 'etag', 'server']) expect(headers.get(name)).toBeNull();
  expect(headers.get('cache-control')).toBe('no-store');
});

test('issuer certificates are published as DER on both families', async () => {
  const application = createPublicationApplication(() => [
    { subjectKeyId: '0a1b', der: Uint8Array.of(0x30, 0x00) },
  ]);
  const listener = await listen({
    addresses: ['127.0.0.1', '::1'],
    port: 0,
    messages: messageClassesFor(application),
    handler: application,
    answerParserRefusal: answerPublicationParserRefusal,
    onError: () => undefined,
    timer: systemTimer,
  });
  for (const host of ['127.0.0.1', '[::1]']) {
    const response = await fetch(`http://${host}:${listener.port}/issuer/0a1b.der`);
    expect(response.headers.get('content-type')).toBe('application/pkix-cert');
    expect(Buffer.from(await response.arrayBuffer()).toString('hex')).toBe('3000');
  }
  const base = `http://127.0.0.1:${listener.port}`;
  expect((await fetch(`${base}/issuer/0a1b.der`, { method: 'HEAD' })).headers.get('content-length')).toBe(
    '2',
  );
  expect((await fetch(`${base}/issuer/ffff.der`)).status).toBe(404);
  expect((await fetch(`${base}/issuer/%ff`)).status).toBe(400);
  expect((await fetch(`${base}/`)).status).toBe(404);
  const refused = await fetch(`${base}/issuer/0a1b.der`, { method: 'POST' });
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  await listener.close(0);
});
