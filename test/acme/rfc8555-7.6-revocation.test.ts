import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SignatureAlgorithm } from '../../src/jws/algorithms.ts';
import { importPublicKey } from '../../src/jws/public-key.ts';
import type { ClosableStoreReader } from '../../src/store/store.ts';
import type { IssuedOrder } from '../support/acme-orders.ts';
import { dns, finish, issue, pathOf, read, readyOrder } from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeAnswer } from '../support/acme-requests.ts';
import { AcmeRequests } from '../support/acme-requests.ts';
import { selfSigned } from '../support/self-signed.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DAY = 86_400_000;
const START = Date.now();
const NAMES = dns('revoked.localhost', 'also.localhost');

let ca: TestCa;
let reader: ClosableStoreReader;
let now = START;
beforeAll(async () => {
  ca = await startTestCa({
    dataFolder: temporaryFolder(afterAll),
    cleanUp: afterAll,
    world: { clock: { now: () => now } },
  });
  reader = await ca.reader();
});
beforeEach(() => {
  now = START;
});

describe('RFC 8555 section 7.6: the account that issued a certificate revokes it', () => {
  test.each<readonly [claim: string, payload: object, stored: number]>([
    ['without a reason', {}, 0],
    ['as unspecified', { reason: 0 }, 0],
    ['as compromised', { reason: 1 }, 1],
    ['as superseded', { reason: 4 }, 4],
    ['as given up', { reason: 5 }, 5],
  ])('%s, and reason and time are kept', async (_claim, payload, stored) => {
    const client = await ca.account();
    const issued = await issue(ca, client, NAMES);
    now += 1234;
    const answer = await revoke(client, issued, payload);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(await revocationOf(issued)).toEqual({ reason: stored, at: START + 1234 });
    expect((await client.post(issued.certificate)).text, 'a revoked certificate is still downloaded').toBe(
      issued.chainPem,
    );
  });
});

describe('with one certificate', () => {
  let client: AcmeRequests;
  let issued: IssuedOrder;
  beforeAll(async () => {
    client = await ca.account();
    issued = await issue(ca, client, NAMES);
  });

  test.each([2, 3, 6, 7, 8, 9, 10, 11, -1, 1.5, '1', null, true, {}])(
    'the reason %j is answered badRevocationReason',
    async (reason) => {
      await requireRefused(ca, [400, 'badRevocationReason'], () => revoke(client, issued, { reason }));
    },
  );

  test.each<readonly [claim: string, certificate: unknown]>([
    ['is missing', undefined],
    ['is empty', ''],
    ['is no base64url', '!!!'],
    ['is no certificate', Buffer.from('hello').toString('base64url')],
    ['is a number', 1],
  ])('a certificate that %s is malformed', async (_claim, certificate) => {
    await requireRefused(ca, [400, 'malformed'], () => client.post('/acme/revoke-cert', { certificate }));
  });

  test('a certificate of another CA is answered 404', async () => {
    const { cert } = await selfSigned('revoked.localhost');
    const certificate = Buffer.from(String(cert).replace(/-----[^-]+-----|\s/g, ''), 'base64').toString(
      'base64url',
    );
    await requireRefused(ca, [404, 'malformed'], () => client.post('/acme/revoke-cert', { certificate }));
  });

  test('a certificate of ours with a damaged signature is answered 404', async () => {
    const der = Buffer.from(issued.leaf.raw);
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const certificate = der.toString('base64url');
    await requireRefused(ca, [404, 'malformed'], () => client.post('/acme/revoke-cert', { certificate }));
  });

  test('the issuing certificate itself is answered 404', async () => {
    const pem = issued.chainPem.split('-----BEGIN CERTIFICATE-----')[2] ?? '';
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    await requireRefused(ca, [404, 'malformed'], () =>
      client.post('/acme/revoke-cert', { certificate: der.toString('base64url') }),
    );
  });

  test('another key is not enough, be it with or without an account', async () => {
    const other = await ca.stranger();
    await requireRefused(ca, [403, 'unauthorized'], () => revoke(other, issued, {}));
    await other.register();
    await requireRefused(ca, [403, 'unauthorized'], () => revoke(other, issued, {}));
  });

  test('the key of the account is not the key of the certificate', async () => {
    const byKey = new AcmeRequests(ca.base, client.key, ca.fetch);
    await requireRefused(ca, [403, 'unauthorized'], () => revoke(byKey, issued, {}));
  });

  test('RFC 8555 section 7.6: the second revocation is answered alreadyRevoked, whoever asks', async () => {
    await revoke(client, issued, { reason: 4 });
    const before = await revocationOf(issued);
    now += 5000;
    await requireRefused(ca, [400, 'alreadyRevoked'], () => revoke(client, issued, { reason: 1 }));
    await requireRefused(ca, [400, 'alreadyRevoked'], () => revoke(keyOf(issued), issued, {}));
    expect(await revocationOf(issued)).toEqual(before);
  });
});

describe('RFC 8555 section 7.6: the key of a certificate revokes it', () => {
  test.each<readonly [claim: string, payload: object]>([
    ['without a reason', {}],
    ['as superseded', { reason: 4 }],
    ['as compromised', { reason: 1 }],
  ])('%s, always as compromised', async (_claim, payload) => {
    const issued = await issue(ca, await ca.account(), NAMES);
    expect((await revoke(keyOf(issued), issued, payload)).status).toBe(200);
    expect(await revocationOf(issued)).toEqual({ reason: 1, at: now });
  });

  test('an RSA key too', async () => {
    const client = await ca.account();
    const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const issued = await finish(client, await readyOrder(ca, client, NAMES), NAMES, { key });
    expect((await revoke(keyOf(issued, 'RS256'), issued, {})).status).toBe(200);
    expect(await revocationOf(issued)).toMatchObject({ reason: 1 });
  });

  test('but not for a reason that is not accepted', async () => {
    const issued = await issue(ca, await ca.account(), NAMES);
    await requireRefused(ca, [400, 'badRevocationReason'], () =>
      revoke(keyOf(issued), issued, { reason: 9 }),
    );
  });

  test('also after its account was deactivated', async () => {
    const client = await ca.account();
    const issued = await issue(ca, client, NAMES);
    await client.post(pathOf(client.kid), { status: 'deactivated' });
    await requireRefused(ca, [401, 'unauthorized'], () => revoke(client, issued, {}));
    expect((await revoke(keyOf(issued), issued, {})).status).toBe(200);
  });
});

describe('RFC 8555 section 7.6: another account', () => {
  test('that holds all the authorizations revokes, always as given up', async () => {
    const issued = await issue(ca, await ca.account(), NAMES);
    const other = await ca.account();
    await readyOrder(ca, other, [...NAMES, ...dns('more.localhost')]);
    expect((await revoke(other, issued, { reason: 1 })).status).toBe(200);
    expect(await revocationOf(issued)).toEqual({ reason: 5, at: now });
  });

  test('that holds only some of them does not', async () => {
    const issued = await issue(ca, await ca.account(), NAMES);
    const other = await ca.account();
    await readyOrder(ca, other, NAMES.slice(0, 1));
    await requireRefused(ca, [403, 'unauthorized'], () => revoke(other, issued, {}));
  });

  test('that has given one of them up does not', async () => {
    const issued = await issue(ca, await ca.account(), NAMES);
    const other = await ca.account();
    const order = await readyOrder(ca, other, NAMES);
    await other.post(order.authorizations[1] ?? '', { status: 'deactivated' });
    await requireRefused(ca, [403, 'unauthorized'], () => revoke(other, issued, {}));
  });

  test('whose authorizations have expired does not', async () => {
    const other = await ca.account();
    const order = await readyOrder(ca, other, NAMES);
    now += 31 * DAY;
    const issued = await issue(ca, await ca.account(), NAMES);
    expect(await read(other, order.authorizations[0] ?? '')).toMatchObject({ status: 'expired' });
    await requireRefused(ca, [403, 'unauthorized'], () => revoke(other, issued, {}));
  });
});

test('a certificate that has expired is not revoked', async () => {
  const client = await ca.account();
  const issued = await issue(ca, client, NAMES);
  now += 91 * DAY;
  await requireRefused(ca, [403, 'unauthorized'], () => revoke(client, issued, {}));
});

function revoke(client: AcmeRequests, { leaf }: IssuedOrder, payload: object): Promise<AcmeAnswer> {
  return client.post('/acme/revoke-cert', { certificate: leaf.raw.toString('base64url'), ...payload });
}

/** A client that signs with the key of the certificate. */
function keyOf({ key }: IssuedOrder, algorithm: SignatureAlgorithm = 'ES256'): AcmeRequests {
  return new AcmeRequests(ca.base, accountKeyOf(key, algorithm), ca.fetch);
}

function accountKeyOf(privateKey: KeyObject, algorithm: SignatureAlgorithm): AcmeRequests['key'] {
  const { kty, crv, x, y, n, e } = privateKey.export({ format: 'jwk' });
  const imported = importPublicKey(kty === 'EC' ? { kty, crv, x, y } : { kty, n, e });
  if (!imported.ok) throw new Error(imported.refusal.detail);
  return { algorithm, privateKey, ...imported.value };
}

async function revocationOf({ leaf }: IssuedOrder): Promise<unknown> {
  return (await reader.findCertificateBySerial(leaf.serialNumber.toLowerCase()))?.revocation;
}
