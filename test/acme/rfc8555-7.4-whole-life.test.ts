import { X509Certificate } from 'node:crypto';
import { get as httpGet } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dns01Name, keyAuthorization } from '../../src/protocol/key-authorization.ts';
import {
  challengeOf,
  challengesOf,
  csrFor,
  dns,
  finish,
  ip,
  issue,
  newKey,
  pathOf,
  placeOrder,
  proveByHttp,
  read,
  readyOrder,
  verifiedChain,
} from '../support/acme-orders.ts';
import { problemOf } from '../support/acme-requests.ts';
import type { TestDnsServer } from '../support/dns-server.ts';
import { startDnsServer } from '../support/dns-server.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let ca: TestCa;
let dnsServer: TestDnsServer;
const texts = new Map<string, readonly string[]>();

beforeAll(async () => {
  dnsServer = await startDnsServer(({ name, type }) => ({
    answers: (type === 'TXT' ? (texts.get(name) ?? []) : []).map((data) => ({
      name,
      type: 'TXT',
      data,
      ttl: 1,
    })),
  }));
  ca = await startTestCa({
    dataFolder: temporaryFolder(afterAll),
    cleanUp: afterAll,
    settings: { dns: { servers: [dnsServer.server], hosts: { '*.dual.test': ['127.0.0.1', '::1'] } } },
  });
});
afterAll(() => dnsServer.stop());

test('RFC 8555 section 7.1.6: an order goes from pending over ready to valid, and its parts with it', async () => {
  const client = await ca.account();
  const identifiers = dns('a.dual.test');
  const order = await placeOrder(client, identifiers);
  const placed = await read(client, order.path);
  expect(placed).toMatchObject({ status: 'pending', identifiers });
  expect(placed).not.toHaveProperty('certificate');
  const [authorization = ''] = order.authorizations;
  expect(await read(client, authorization)).toMatchObject({ status: 'pending', identifier: identifiers[0] });
  await proveByHttp(ca, client, order);
  expect(await read(client, authorization)).toMatchObject({
    status: 'valid',
    challenges: expect.arrayContaining([
      expect.objectContaining({
        type: 'http-01',
        status: 'valid',
        validated: expect.stringMatching(/Z$/),
        validationRecord: [expect.objectContaining({ addressUsed: '::1' })],
      }),
    ]),
  });
  expect(await read(client, order.path)).toMatchObject({ status: 'ready' });
  const { certificate } = await finish(client, order, identifiers);
  expect(pathOf((await read(client, order.path)).certificate)).toBe(certificate);
  expect(await read(client, order.path)).toMatchObject({ status: 'valid' });
});

test('RFC 8555 section 7.4.2: the certificate is a PEM chain up to, and without, the root', async () => {
  const client = await ca.account();
  const { certificate, key } = await issue(ca, client, dns('b.dual.test'));
  const download = await client.post(certificate);
  expect(download.headers.get('content-type')).toBe('application/pem-certificate-chain');
  const [leaf, intermediate, root] = verifiedChain(ca, download.text);
  expect(leaf?.subjectAltName).toBe('DNS:b.dual.test');
  expect(leaf?.checkPrivateKey(key)).toBe(true);
  expect(leaf?.ca).toBe(false);
  expect(intermediate?.ca).toBe(true);
  expect(download.text).not.toContain(root?.raw.toString('base64').slice(0, 60));
});

test('RFC 8555 section 7.4: several names are one certificate, in whatever order and case they are asked for', async () => {
  const client = await ca.account();
  const wanted = dns('z.dual.test', 'A.Dual.Test', 'z.dual.test', 'm.dual.test');
  const order = await readyOrder(ca, client, wanted);
  expect(order.authorizations).toHaveLength(3);
  const { leaf, chainPem } = await finish(client, order, dns('m.dual.test', 'z.dual.test', 'a.dual.test'));
  expect(leaf.subjectAltName?.split(', ').sort()).toEqual([
    'DNS:a.dual.test',
    'DNS:m.dual.test',
    'DNS:z.dual.test',
  ]);
  verifiedChain(ca, chainPem);
});

test.each(['127.0.0.1', '::1'])('RFC 8738: a certificate for the address %s by http-01', async (address) => {
  const client = await ca.account();
  const order = await placeOrder(client, ip(address));
  const [authorization = ''] = order.authorizations;
  expect((await challengesOf(client, authorization)).map(({ type }) => type)).toEqual([
    'http-01',
    'tls-alpn-01',
  ]);
  await proveByHttp(ca, client, order);
  const { leaf, chainPem } = await finish(client, order, ip(address));
  expect(leaf.checkIP(address)).toBe(address);
  verifiedChain(ca, chainPem);
});

test('RFC 8738: names and addresses go together in one order', async () => {
  const client = await ca.account();
  const identifiers = [...dns('with-address.dual.test'), ...ip('127.0.0.1', '::1')];
  const { leaf } = await issue(ca, client, identifiers);
  expect(leaf.checkHost('with-address.dual.test')).toBe('with-address.dual.test');
  expect(leaf.checkIP('::1')).toBe('::1');
  expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
});

test('RFC 8555 section 8.4: a wildcard offers dns-01 alone, and is proved by a TXT record among others', async () => {
  const client = await ca.account();
  const identifiers = dns('*.wild.test');
  const order = await placeOrder(client, identifiers);
  const [authorization = ''] = order.authorizations;
  expect(await read(client, authorization)).toMatchObject({
    wildcard: true,
    identifier: dns('wild.test')[0],
  });
  expect((await challengesOf(client, authorization)).map(({ type }) => type)).toEqual(['dns-01']);
  const { path, token } = await challengeOf(client, authorization, 'dns-01');
  texts.set(dns01Name('wild.test'), [
    'something else',
    await digestOf(keyAuthorization(token, client.key.thumbprint)),
  ]);
  await client.post(path, {});
  await ca.idle();
  const { leaf, chainPem } = await finish(client, order, identifiers);
  expect(leaf.subjectAltName).toBe('DNS:*.wild.test');
  verifiedChain(ca, chainPem);
});

test('RFC 8555 section 8.4: dns-01 with another value fails, says what was found, and leaves the order invalid', async () => {
  const client = await ca.account();
  const order = await placeOrder(client, dns('*.wrong.test'));
  const [authorization = ''] = order.authorizations;
  texts.set(dns01Name('wrong.test'), ['not-the-digest']);
  const { path } = await challengeOf(client, authorization, 'dns-01');
  await client.post(path, {});
  await ca.idle();
  const challenge = await read(client, path);
  expect(challenge).toMatchObject({
    status: 'invalid',
    error: {
      type: 'urn:ietf:params:acme:error:unauthorized',
      detail: expect.stringContaining('not-the-digest'),
    },
  });
  expect(await read(client, order.path)).toMatchObject({ status: 'invalid' });
});

test('RFC 8555 section 7.4: a finalized order has its certificate, and is not finalized again', async () => {
  const client = await ca.account();
  const identifiers = dns('once.dual.test');
  const order = await issue(ca, client, identifiers);
  const before = await read(client, order.path);
  const again = await client.post(order.finalize, { csr: csrFor(identifiers, newKey()) });
  expect([again.status, problemOf(again)]).toEqual([403, 'orderNotReady']);
  expect(await read(client, order.path)).toEqual(before);
  expect((await client.post(order.certificate)).text).toBe(order.chainPem);
});

test.each(['127.0.0.1', '::1'])(
  'RFC 5280 section 4.2.2.1: the issuer is served over %s at the address in the certificate',
  async (family) => {
    const client = await ca.account();
    const { leaf, chainPem } = await issue(ca, client, dns('aia.dual.test'));
    const [, address = ''] = /CA Issuers - URI:(\S+)/.exec(leaf.infoAccess ?? '') ?? [];
    const { port, pathname, hostname } = new URL(address);
    expect(hostname).toBe('localhost');
    const { type, body } = await fetchOver(family, Number(port), pathname);
    expect(type).toBe('application/pkix-cert');
    expect(new X509Certificate(body).raw).toEqual(verifiedChain(ca, chainPem)[1]?.raw);
  },
);

async function digestOf(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('base64url');
}

function fetchOver(
  host: string,
  port: number,
  path: string,
): Promise<{ readonly type: string | undefined; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    httpGet({ host, port, path, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => void parts.push(part));
      response.on('end', () =>
        resolve({ type: response.headers['content-type'], body: Buffer.concat(parts) }),
      );
    }).on('error', reject);
  });
}
