import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AcmeTestServer } from '../support/acme-application.ts';
import { startAcmeServer } from '../support/acme-application.ts';
import { AcmeRequests, get, problemOf, send, sendRaw, signLoosely } from '../support/acme-requests.ts';

const READ = '/acme/account/acct_1';
let server: AcmeTestServer;
let client: AcmeRequests;

beforeAll(async () => {
  server = await startAcmeServer();
  client = await AcmeRequests.withAccount(server.base);
});
afterAll(() => server.listener.close(0));

test.each([
  ['another path', () => `${server.base}/acme/new-order`],
  ['another scheme', () => `${server.base.replace('http:', 'https:')}${READ}`],
  ['another authority', () => `http://localhost:${server.port}${READ}`],
  ['a slash at the end', () => `${server.base}${READ}/`],
  ['a query', () => `${server.base}${READ}?a`],
  ['a path alone', () => READ],
  ['an equivalent spelling', () => `${server.base}/acme/../acme/account/acct_1`],
])('answers unauthorized to a url with %s', async (_what, url) => {
  const answer = await client.post(READ, undefined, { header: { url: url() } });
  expect([answer.status, problemOf(answer)]).toEqual([403, 'unauthorized']);
});

test('names both URLs, and cuts a long one', async () => {
  const { json } = await client.post(READ, undefined, {
    header: { url: `https://ca.example/${'a'.repeat(40_000)}` },
  });
  expect(json.detail).toContain(`sent to "${server.base}${READ}"`);
  expect(json.detail).toContain('"https://ca.example/aaa');
  expect(String(json.detail).length).toBeLessThan(400);
});

test('answers malformed to a JWS without a url', async () => {
  expect(problemOf(await client.post(READ, undefined, { header: { url: undefined } }))).toBe('malformed');
});

test('URLs follow the authority that the client used', async () => {
  const answer = await get(`http://localhost:${server.port}/dir`);
  expect(answer.json.newOrder).toBe(`http://localhost:${server.port}/acme/new-order`);
});

test.each([
  ['no Host', 'GET /dir HTTP/1.1\r\n\r\n'],
  ['an empty Host', 'GET /dir HTTP/1.1\r\nHost:\r\n\r\n'],
  ['two Hosts', 'GET /dir HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['a path in Host', 'GET /dir HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  ['a user in Host', 'GET /dir HTTP/1.1\r\nHost: a@b\r\n\r\n'],
  ['quotes in Host', 'GET /dir HTTP/1.1\r\nHost: a">b\r\n\r\n'],
  ['a port above 65535 in Host', 'GET /dir HTTP/1.1\r\nHost: localhost:99999\r\n\r\n'],
  ['an address in Host that is none', 'GET /dir HTTP/1.1\r\nHost: [:::]\r\n\r\n'],
  ['an IPv4 address in Host that is none', 'GET /dir HTTP/1.1\r\nHost: 127.0.0.256\r\n\r\n'],
  ['a URL with a port above 65535', 'GET http://a:99999/dir HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a URL with an address that is none', 'GET http://[:::]/dir HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a URL of another scheme', 'GET ftp://a/dir HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a URL without an authority', 'GET http:///dir HTTP/1.1\r\nHost: a\r\n\r\n'],
])('answers 400 malformed to %s', async (_what, head) => {
  const received = await sendRaw(server.port, head.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  expect(received).toMatch(/^HTTP\/1\.1 400 /);
  expect(received).toContain('application/problem+json');
  expect(received).toContain('error:malformed');
});

test("the scheme's own port is left out of URLs, as clients leave it out of Host", async () => {
  const received = await sendRaw(
    server.port,
    'GET /dir HTTP/1.1\r\nHost: ca.example:80\r\nConnection: close\r\n\r\n',
  );
  expect(received).toContain('"http://ca.example/acme/new-order"');
});

test('the absolute form of a request is understood (RFC 9112 section 3.2.2)', async () => {
  const received = await sendRaw(
    server.port,
    'GET http://ca.example/dir HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n',
  );
  expect(received).toContain('"http://ca.example/acme/new-order"');
});

describe('with an external URL', () => {
  const externalUrl = 'https://ca.example.test';
  let behindProxy: AcmeTestServer;
  beforeAll(async () => {
    behindProxy = await startAcmeServer({ config: { externalUrl } });
  });
  afterAll(() => behindProxy.listener.close(0));

  test('a Host that is none is refused all the same', async () => {
    const received = await sendRaw(
      behindProxy.port,
      'GET /dir HTTP/1.1\r\nHost: [:::]\r\nConnection: close\r\n\r\n',
    );
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a proxy may speak HTTP/1.0, without a Host', async () => {
    expect(await sendRaw(behindProxy.port, 'GET /dir HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('URLs begin with it, and it is what requests are signed for', async () => {
    const directory = await get(`${behindProxy.base}/dir`);
    expect(directory.json.newAccount).toBe(`${externalUrl}/acme/new-account`);
    const post = async (url: string) => {
      const { key } = client;
      const header = { alg: key.algorithm, jwk: key.jwk, nonce: behindProxy.nonces.issue(), url };
      const jws = signLoosely(header, { termsOfServiceAgreed: true }, key.privateKey, key.algorithm);
      return send(`${behindProxy.base}/acme/new-account`, JSON.stringify(jws), 'application/jose+json');
    };
    expect(problemOf(await post(`${behindProxy.base}/acme/new-account`))).toBe('unauthorized');
    const answer = await post(`${externalUrl}/acme/new-account`);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`${externalUrl}/acme/account/acct_1`);
  });
});
