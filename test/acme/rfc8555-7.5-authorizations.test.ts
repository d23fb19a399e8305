import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { http01Path, keyAuthorization } from '../../src/protocol/key-authorization.ts';
import {
  challengeOf,
  challengesOf,
  csrFor,
  dns,
  listOf,
  placeOrder,
  proveByHttp,
  read,
  readyOrder,
} from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import { freePort } from '../support/free-port.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';

let ca: TestCa;
let client: AcmeRequests;
beforeAll(async () => {
  ca = await startTestCa({ dataFolder: temporaryFolder(afterAll), cleanUp: afterAll });
  client = await ca.account();
});

test('RFC 8555 section 7.5.1: a name offers http-01, dns-01 and tls-alpn-01 with one token of at least 128 bits', async () => {
  const order = await placeOrder(client, dns('offers.localhost'));
  const offered = await challengesOf(client, order.authorizations[0] ?? '');
  expect(offered.map(({ type }) => type).sort()).toEqual(['dns-01', 'http-01', 'tls-alpn-01']);
  expect(new Set(offered.map(({ token }) => token)).size).toBe(1);
  expect(offered[0]?.token).toMatch(/^[A-Za-z0-9_-]{22,}$/);
});

test('RFC 8555 section 7.1.4: a wildcard and its base name have an authorization each, the wildcard without http-01', async () => {
  const order = await placeOrder(client, dns('*.w.test', 'w.test'));
  const authorizations = await Promise.all(order.authorizations.map((path) => read(client, path)));
  expect(authorizations.map(({ identifier, wildcard }) => [identifier, wildcard])).toEqual([
    [{ type: 'dns', value: 'w.test' }, true],
    [{ type: 'dns', value: 'w.test' }, undefined],
  ]);
  const types = authorizations.map(({ challenges }) => listOf(challenges).map((each) => Object(each).type));
  expect(types).toEqual([['dns-01'], ['http-01', 'dns-01', 'tls-alpn-01']]);
});

test('RFC 8555 section 7.5.1: responding answers the challenge as processing, with links and when to ask again', async () => {
  const order = await placeOrder(client, dns('processing.localhost'));
  const [authorization = ''] = order.authorizations;
  const { path } = await challengeOf(client, authorization);
  const answer = await client.post(path, {});
  expect([answer.status, answer.json.status]).toEqual([200, 'processing']);
  expect(answer.headers.get('link')).toContain(`<${ca.base}${authorization}>;rel="up"`);
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  await ca.idle();
});

test('a challenge that is valid already is answered 200 as it stands, and so is the other of its authorization', async () => {
  const order = await readyOrder(ca, client, dns('again.localhost'));
  const [authorization = ''] = order.authorizations;
  const offered = await challengesOf(client, authorization);
  const before = ca.contents();
  for (const { path, type } of offered) {
    const standing = await read(client, path);
    const answer = await client.post(path, {});
    expect([answer.status, answer.json]).toEqual([200, standing]);
    expect(answer.json.status).toBe(type === 'http-01' ? 'valid' : 'pending');
  }
  await ca.idle();
  expect(ca.contents()).toEqual(before);
});

test('RFC 8555 section 7.1.6: a failed challenge is final: authorization and order are invalid, and nothing revives them', async () => {
  const order = await placeOrder(client, dns('fails.localhost'));
  const [authorization = ''] = order.authorizations;
  const { path, token } = await challengeOf(client, authorization);
  const dnsChallenge = await challengeOf(client, authorization, 'dns-01');
  await client.post(path, {});
  await ca.idle();
  const failed = await read(client, path);
  expect(failed).toMatchObject({
    status: 'invalid',
    error: {
      type: 'urn:ietf:params:acme:error:unauthorized',
      status: 403,
      detail: expect.stringContaining('404'),
    },
    validationRecord: [{ hostname: 'fails.localhost', addressUsed: '::1' }],
  });
  // Section 7.1.4: an invalid authorization shows the challenge that failed. Section 7.1.3: the order says why.
  expect(await read(client, authorization)).toMatchObject({
    status: 'invalid',
    challenges: [{ type: 'http-01', status: 'invalid' }],
  });
  expect(await read(client, order.path)).toMatchObject({ status: 'invalid', error: failed.error });
  ca.responder.serve(token, keyAuthorization(token, client.key.thumbprint));
  await requireRefused(ca, [400, 'malformed'], () => client.post(path, {}));
  await requireRefused(ca, [400, 'malformed'], () => client.post(dnsChallenge.path, {}));
  await requireRefused(ca, [400, 'malformed'], () => client.post(authorization, { status: 'deactivated' }));
  await requireRefused(ca, [403, 'orderNotReady'], () =>
    client.post(order.finalize, { csr: csrFor(dns('fails.localhost')) }),
  );
});

test("RFC 8555 section 8.1: another account's key authorization does not prove anything", async () => {
  const other = await ca.account();
  const order = await placeOrder(client, dns('stolen.localhost'));
  const { path, token } = await challengeOf(client, order.authorizations[0] ?? '');
  ca.responder.serve(token, keyAuthorization(token, other.key.thumbprint));
  await client.post(path, {});
  await ca.idle();
  expect(await read(client, path)).toMatchObject({
    status: 'invalid',
    error: { type: 'urn:ietf:params:acme:error:unauthorized' },
  });
});

test('RFC 8555 section 6.7: a name that cannot be looked up fails with dns, a closed port with connection', async () => {
  const closed = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: {
      validation: { httpPort: await freePort() },
      dns: { servers: [`127.0.0.1:${await freePort()}`], hosts: { 'closed.test': ['127.0.0.1'] } },
    },
  });
  const owner = await closed.account();
  const errorOf = async (name: string) => {
    const order = await placeOrder(owner, dns(name));
    const { path } = await challengeOf(owner, order.authorizations[0] ?? '');
    await owner.post(path, {});
    await closed.idle();
    return (await read(owner, path)).error;
  };
  expect(await errorOf('closed.test')).toMatchObject({
    type: 'urn:ietf:params:acme:error:connection',
    detail: expect.stringContaining('127.0.0.1'),
  });
  expect(await errorOf('unknown.test')).toMatchObject({ type: 'urn:ietf:params:acme:error:dns' });
});

/** RFC 8446 section 6: a fatal alert, handshake_failure. */
const HANDSHAKE_FAILURE = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

test.each<readonly [claim: string, code: string, answer: (socket: Socket) => void]>([
  ['refuses the handshake fails with tls', 'tls', (socket) => void socket.end(HANDSHAKE_FAILURE)],
  [
    'speaks HTTP without TLS fails with connection',
    'connection',
    (socket) => void socket.end('HTTP/1.1 200\r\n\r\n'),
  ],
])('RFC 8555 section 6.7: a redirect to a server that %s', async (_claim, code, answer) => {
  const atTlsPort = await startRawServer('127.0.0.1', 0, (socket) =>
    socket.once('data', () => answer(socket)),
  );
  const redirecting = await startWebServer('127.0.0.1', 0, (request, response) => {
    response.writeHead(302, { Location: `https://plain.test${request.url ?? ''}` }).end();
  });
  const redirected = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: {
      validation: { httpPort: redirecting.port, tlsPort: atTlsPort.port },
      dns: { hosts: { 'plain.test': ['127.0.0.1'] } },
    },
  });
  const owner = await redirected.account();
  const order = await placeOrder(owner, dns('plain.test'));
  const { path, token } = await challengeOf(owner, order.authorizations[0] ?? '');
  await owner.post(path, {});
  await redirected.idle();
  await redirecting.stop();
  await atTlsPort.stop();
  expect(await read(owner, path)).toMatchObject({
    status: 'invalid',
    error: { type: `urn:ietf:params:acme:error:${code}`, status: 400 },
  });
  expect(redirecting.requests).toMatchObject([{ url: http01Path(token) }]);
});

describe('RFC 8555 section 7.5.2: deactivating an authorization', () => {
  test('that is pending makes its order invalid', async () => {
    const order = await placeOrder(client, dns('given-up.localhost', 'kept.localhost'));
    const [authorization = ''] = order.authorizations;
    const answer = await client.post(authorization, { status: 'deactivated' });
    expect([answer.status, answer.json.status]).toEqual([200, 'deactivated']);
    expect(await read(client, authorization)).toEqual(answer.json);
    expect(await read(client, order.path)).toMatchObject({ status: 'invalid' });
    const { path } = await challengeOf(client, authorization);
    await requireRefused(ca, [400, 'malformed'], () => client.post(path, {}));
  });

  test('that is valid makes its order invalid, which is not finalized any more', async () => {
    const names = dns('was-valid.localhost');
    const order = await readyOrder(ca, client, names);
    await client.post(order.authorizations[0] ?? '', { status: 'deactivated' });
    expect(await read(client, order.path)).toMatchObject({ status: 'invalid' });
    await requireRefused(ca, [403, 'orderNotReady'], () =>
      client.post(order.finalize, { csr: csrFor(names) }),
    );
  });

  test('twice is refused', async () => {
    const [authorization = ''] = (await placeOrder(client, dns('twice.localhost'))).authorizations;
    await client.post(authorization, { status: 'deactivated' });
    await requireRefused(ca, [400, 'malformed'], () => client.post(authorization, { status: 'deactivated' }));
  });

  test.each([{ status: 'valid' }, { status: 'pending' }, {}, { status: null }])(
    'is the one change: %j is refused',
    async (payload) => {
      const [authorization = ''] = (await placeOrder(client, dns('other.localhost'))).authorizations;
      await requireRefused(ca, [400, 'malformed'], () => client.post(authorization, payload));
    },
  );
});

test('RFC 8555 section 7.1.6: one failed authorization of several makes the order invalid, and the others stay valid', async () => {
  const order = await placeOrder(client, dns('good.localhost', 'bad.localhost'));
  const [good = '', bad = ''] = order.authorizations;
  await proveByHttp(ca, client, { ...order, authorizations: [good] });
  expect(await read(client, order.path)).toMatchObject({ status: 'pending' });
  await client.post((await challengeOf(client, bad)).path, {});
  await ca.idle();
  expect(await read(client, order.path)).toMatchObject({ status: 'invalid' });
  expect(await read(client, good)).toMatchObject({ status: 'valid' });
});
