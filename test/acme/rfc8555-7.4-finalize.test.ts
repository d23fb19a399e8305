import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateAccountKey } from '../../src/jws/sign.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import type { PlacedOrder } from '../support/acme-orders.ts';
import { csrFor, dns, finish, ip, newKey, placeOrder, read, readyOrder } from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import { AcmeRequests } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NAMES = dns('a.localhost', 'b.localhost');

let ca: TestCa;
let client: AcmeRequests;
let other: AcmeRequests;
let ready: PlacedOrder;
beforeAll(async () => {
  ca = await startTestCa({ dataFolder: temporaryFolder(afterAll), cleanUp: afterAll });
  client = await ca.account();
  other = await ca.account();
  ready = await readyOrder(ca, client, NAMES);
});

test('RFC 8555 section 7.4: an order that is not ready is not finalized, and stays pending', async () => {
  const order = await placeOrder(client, NAMES);
  await requireRefused(ca, [403, 'orderNotReady'], () => client.post(order.finalize, { csr: csrFor(NAMES) }));
  expect(await read(client, order.path)).toMatchObject({ status: 'pending' });
});

const rsa = (modulusLength: number, publicExponent = 65537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;

/** Every refusal is of one and the same ready order, which at the end of this file is finalized. */
describe('RFC 8555 section 7.4: an order stays ready after a CSR', () => {
  test.each<readonly [claim: string, csr: () => string, code: string]>([
    ['with a further name', () => csrFor([...NAMES, ...dns('c.localhost')]), 'badCSR'],
    ['with a further address', () => csrFor([...NAMES, ...ip('127.0.0.1')]), 'badCSR'],
    ['without one of the names', () => csrFor(dns('a.localhost')), 'badCSR'],
    ['with another name in place of one', () => csrFor(dns('a.localhost', 'c.localhost')), 'badCSR'],
    ['with the wildcard in place of a name', () => csrFor(dns('a.localhost', '*.localhost')), 'badCSR'],
    [
      'with a common name that is no name of the order',
      () => csrFor(NAMES, newKey(), 'c.localhost'),
      'badCSR',
    ],
    ['with an address for a common name', () => csrFor(NAMES, newKey(), '127.0.0.1'), 'badCSR'],
    ['with the key of the account', () => csrFor(NAMES, client.key.privateKey), 'badCSR'],
    ['with the key of another account', () => csrFor(NAMES, other.key.privateKey), 'badCSR'],
    ['with a key of RSA 1024', () => csrFor(NAMES, rsa(1024)), 'badCSR'],
    ['with a key of RSA 2048 and the exponent 3', () => csrFor(NAMES, rsa(2048, 3)), 'badCSR'],
    ['with a key of Ed25519', () => csrFor(NAMES, generateKeyPairSync('ed25519').privateKey), 'badCSR'],
    ['with a damaged signature', () => damaged(csrFor(NAMES)), 'badCSR'],
    ['with a byte too many', () => `${csrFor(NAMES)}AAAA`, 'badCSR'],
    ['that is cut short', () => csrFor(NAMES).slice(0, 200), 'badCSR'],
    ['that is no DER', () => Buffer.from('hello').toString('base64url'), 'badCSR'],
  ])('%s', async (_claim, csr, code) => {
    await requireRefused(ca, [400, code], () => client.post(ready.finalize, { csr: csr() }));
    expect(await read(client, ready.path)).toMatchObject({ status: 'ready' });
  });

  test.each<readonly [claim: string, payload: unknown]>([
    ['in PEM', { csr: `-----BEGIN CERTIFICATE REQUEST-----\n${csrFor(NAMES)}` }],
    ['with padding', { csr: `${csrFor(NAMES)}==` }],
    ['that is empty', { csr: '' }],
    ['that is missing', {}],
    ['that is a number', { csr: 1 }],
  ])('%s', async (_claim, payload) => {
    await requireRefused(ca, [400, 'malformed'], () => client.post(ready.finalize, payload));
    expect(await read(client, ready.path)).toMatchObject({ status: 'ready' });
  });

  test('and is then finalized with a good one', async () => {
    const { leaf } = await finish(client, ready, NAMES);
    expect(leaf.subject).toBe('CN=a.localhost');
  });
});

test('RFC 8555 section 11.1: the key of an RSA account is refused for its certificate too', async () => {
  const key = await generateAccountKey('RS256');
  const rsaClient = new AcmeRequests(ca.base, key, ca.fetch);
  await rsaClient.register();
  const order = await readyOrder(ca, rsaClient, NAMES);
  await requireRefused(ca, [400, 'badCSR'], () =>
    rsaClient.post(order.finalize, { csr: csrFor(NAMES, key.privateKey) }),
  );
});

const LONG = `${'l'.repeat(60)}.${'m'.repeat(20)}.localhost`;

describe('the common name of a certificate', () => {
  test.each<
    readonly [claim: string, identifiers: readonly Identifier[], asked: string | undefined, given: string]
  >([
    ['is the one that the CSR asks for', NAMES, 'b.localhost', 'CN=b.localhost'],
    ['is in lower case', NAMES, 'B.localhost', 'CN=b.localhost'],
    [
      'is the first name of a CSR that asks for none',
      dns('z.localhost', 'y.localhost'),
      undefined,
      'CN=z.localhost',
    ],
    [
      'is the first name of at most 64 characters',
      dns(LONG, 'short.localhost'),
      undefined,
      'CN=short.localhost',
    ],
    ['is absent where no name is short enough', dns(LONG), undefined, ''],
    ['is absent from a certificate for an address', ip('127.0.0.1'), undefined, ''],
  ])('%s', async (_claim, identifiers, asked, given) => {
    const order = await readyOrder(ca, client, identifiers);
    const { leaf } = await finish(
      client,
      order,
      identifiers,
      asked === undefined ? {} : { commonName: asked },
    );
    expect(leaf.subject ?? '').toBe(given);
  });
});

describe('a certificate is made for a key of', () => {
  test.each<readonly [string, () => KeyObject]>([
    ['RSA 2048', () => rsa(2048)],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ])('%s', async (_claim, makeKey) => {
    const key = makeKey();
    const order = await readyOrder(ca, client, NAMES);
    const { leaf } = await finish(client, order, NAMES, { key });
    expect(leaf.checkPrivateKey(key)).toBe(true);
  });
});

/** Flips a bit of the last byte, which is the signature's. */
function damaged(text: string): string {
  const der = Buffer.from(text, 'base64url');
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return der.toString('base64url');
}
