import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseId } from '../../src/protocol/ids.ts';
import type { ValidationRecord } from '../../src/protocol/validation-record.ts';
import {
  challengeOf,
  dns,
  ip,
  issue,
  placeOrder,
  proveByHttp,
  read,
  verifiedChain,
} from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import type { Settings, TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWebServer } from '../support/web-server.ts';

const NAMES = dns('configured.localhost');
const SECOND = 1000;

function startCa(settings: Settings): Promise<TestCa> {
  return startTestCa({ dataFolder: temporaryFolder(), cleanUp: onTestFinished, settings });
}

test('issuance.keyAlgorithm: root and intermediate have RSA keys, and sign with them', async () => {
  const ca = await startCa({ issuance: { keyAlgorithm: 'rsa-2048' } });
  const { chainPem } = await issue(ca, await ca.account(), NAMES);
  const [leaf, ...authorities] = verifiedChain(ca, chainPem);
  expect(leaf?.publicKey.asymmetricKeyType).toBe('ec');
  for (const { publicKey } of authorities) {
    expect(publicKey.asymmetricKeyType).toBe('rsa');
    expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  }
});

test('issuance.root and issuance.intermediate: certificates are signed by the supplied authority', async () => {
  const operator = await startCa({});
  const supplied = (name: string) => join(operator.dataFolder, name);
  const ca = await startCa({
    issuance: {
      root: { certificate: supplied('root-ca.pem') },
      intermediate: {
        certificate: supplied('keys/intermediate.pem'),
        key: supplied('keys/intermediate.key'),
      },
    },
  });
  const { chainPem } = await issue(ca, await ca.account(), NAMES);
  const [, intermediate, root] = verifiedChain(operator, chainPem);
  expect(root?.raw).toEqual(verifiedChain(ca, chainPem)[2]?.raw);
  const key = createPublicKey(readFileSync(supplied('keys/intermediate.key')));
  expect(intermediate?.publicKey.equals(key)).toBe(true);
});

test('issuance.lifetimeSeconds: the certificate lasts that long, and no order may ask for more', async () => {
  const ca = await startCa({ issuance: { lifetimeSeconds: 600 } });
  const client = await ca.account();
  const { leaf } = await issue(ca, client, NAMES);
  const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  expect(to - from, 'the last second belongs to it').toBe(599 * SECOND);
  expect(from, 'backdated by a tenth').toBeLessThan(Date.now() - 50 * SECOND);
  expect(to).toBeGreaterThan(Date.now() + 500 * SECOND);
  const notAfter = new Date(Date.now() + 600 * SECOND).toISOString();
  await requireRefused(ca, [400, 'malformed'], () =>
    client.post('/acme/new-order', { identifiers: NAMES, notAfter }),
  );
});

test('policy.requirePublicSuffix: names of a lab are refused, and contacts at such names', async () => {
  const ca = await startCa({ policy: { requirePublicSuffix: true } });
  const client = await ca.account();
  await requireRefused(ca, [400, 'malformed'], () => client.post('/acme/new-order', { identifiers: NAMES }));
  const contact = ['mailto:me@configured.localhost'];
  const stranger = await ca.stranger();
  await requireRefused(ca, [400, 'invalidContact'], () => stranger.post('/acme/new-account', { contact }));
  expect((await placeOrder(client, dns('www.example.com'))).authorizations).toHaveLength(1);
});

test('acme.termsOfService: the directory names them, and an account needs agreement', async () => {
  const termsOfService = 'https://ca.example.test/terms';
  const ca = await startCa({ acme: { termsOfService, website: 'https://ca.example.test' } });
  const { meta } = Object(await (await ca.fetch(`${ca.base}/dir`)).json());
  expect(meta).toMatchObject({ termsOfService, website: 'https://ca.example.test' });
  const client = await ca.stranger();
  for (const payload of [{}, { termsOfServiceAgreed: false }]) {
    await requireRefused(ca, [400, 'malformed'], () => client.post('/acme/new-account', payload));
  }
  expect((await client.register()).status).toBe(201);
});

test('acme.tls.enabled=false: everything works over plain HTTP, behind a proxy', async () => {
  const ca = await startCa({ acme: { tls: { enabled: false } } });
  expect(ca.base).toMatch(/^http:/);
  const client = await ca.account();
  expect(client.kid).toContain(`${ca.base}/acme/account/`);
  const { chainPem } = await issue(ca, client, NAMES);
  verifiedChain(ca, chainPem);
});

test('publication.externalUrl: the certificate names it as the place of its issuer', async () => {
  const ca = await startCa({ publication: { externalUrl: 'http://issuers.example.test' } });
  const { leaf } = await issue(ca, await ca.account(), NAMES);
  expect(leaf.infoAccess).toMatch(
    /^CA Issuers - URI:http:\/\/issuers\.example\.test\/issuer\/[0-9a-f]+\.der\n?$/,
  );
});

test('validation.ipv6=false: IPv6 is not dialled, and the record says why', async () => {
  const ca = await startCa({
    validation: { ipv6: false },
    dns: { hosts: { 'dual.test': ['127.0.0.1', '::1'] } },
  });
  const client = await ca.account();
  const record = await validate(ca, client, 'dual.test');
  expect(record.failure).toBeUndefined();
  expect(record.steps).toContainEqual(
    expect.objectContaining({
      step: 'plan',
      addressesResolved: ['127.0.0.1'],
      filtered: [{ address: '::1', because: 'ipv6-disabled' }],
    }),
  );
  expect(record.steps.filter(({ step }) => step === 'attempt')).toMatchObject([{ address: '127.0.0.1' }]);
});

test('validation.allowReservedAddresses=false: they are neither dialled nor issued for', async () => {
  const ca = await startCa({ validation: { allowReservedAddresses: false } });
  const client = await ca.account();
  const record = await validate(ca, client, 'reserved.localhost');
  expect(record.failure).toMatchObject({ class: 'no-address', hostname: 'reserved.localhost' });
  expect(record.steps.filter(({ step }) => step === 'attempt')).toEqual([]);
  await requireRefused(ca, [400, 'rejectedIdentifier'], () =>
    client.post('/acme/new-order', { identifiers: ip('127.0.0.1') }),
  );
});

test('validation.allowAddresses and validation.denyAddresses: exceptions both ways, the longest prefix decides', async () => {
  const ca = await startCa({
    validation: {
      allowReservedAddresses: false,
      allowAddresses: ['127.0.0.0/8', '::1'],
      denyAddresses: ['127.1.0.0/16'],
    },
  });
  const client = await ca.account();
  await issue(ca, client, [...ip('127.0.0.1', '::1'), ...NAMES]);
  const refused = await requireRefused(ca, [400, 'rejectedIdentifier'], () =>
    client.post('/acme/new-order', { identifiers: ip('127.1.0.1') }),
  );
  expect(refused.json.detail).toContain(
    'it is in 127.1.0.0/16, which this CA denies (validation.denyAddresses)',
  );
});

describe('validation.addressPolicy reaches the validator: a refused IPv6 connection, with IPv4 that would answer, is', () => {
  test.each([
    ['documented', 'invalid', ['::1']],
    ['boulder', 'valid', ['::1', '127.0.0.1']],
    ['every-hop', 'valid', ['::1', '127.0.0.1']],
    ['never', 'invalid', ['::1']],
  ])('under %s %s', async (addressPolicy, status, dialled) => {
    let body = '';
    const server = await startWebServer('127.0.0.1', 0, (_request, response) => response.end(body));
    const ca = await startCa({ validation: { addressPolicy, httpPort: server.port } });
    const client = await ca.account();
    const order = await placeOrder(client, NAMES);
    const { path, token } = await challengeOf(client, order.authorizations[0] ?? '');
    body = `${token}.${client.key.thumbprint}`;
    await client.post(path, {});
    await ca.idle();
    await server.stop();
    expect(await read(client, path)).toMatchObject({ status });
    const { steps, addressPolicy: recorded } = await recordOf(ca, path);
    expect(recorded).toBe(addressPolicy);
    expect(steps.flatMap((step) => (step.step === 'attempt' ? [step.address] : []))).toEqual(dialled);
  });
});

/** Validates the name by http-01 with a responder that answers rightly. */
async function validate(ca: TestCa, client: AcmeRequests, name: string): Promise<ValidationRecord> {
  const order = await placeOrder(client, dns(name));
  await proveByHttp(ca, client, order);
  return recordOf(ca, (await challengeOf(client, order.authorizations[0] ?? '')).path);
}

/** The validation record that is kept with a challenge. */
async function recordOf(ca: TestCa, challengePath: string): Promise<ValidationRecord> {
  const id = parseId('chal', challengePath.split('/').at(-1) ?? '');
  const reader = await ca.reader();
  const found = id === undefined ? undefined : await reader.findChallenge(id);
  if (found?.challenge.record === undefined) throw new Error(`${challengePath} has no record`);
  return found.challenge.record;
}
