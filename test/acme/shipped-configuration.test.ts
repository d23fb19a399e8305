import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/cli/configuration-file.ts';
import { dns, ip } from '../support/acme-orders.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import { problemOf } from '../support/acme-requests.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const STRICT = fileURLToPath(new URL('../../config/letsencrypt.json', import.meta.url));

let client: AcmeRequests;
beforeAll(async () => {
  const { validation, policy } = loadConfiguration({ config: STRICT, set: [], host: [] });
  const dataFolder = temporaryFolder(afterAll);
  const ca = await startTestCa({ dataFolder, cleanUp: afterAll, settings: { validation, policy } });
  client = await ca.account();
});

test('config/letsencrypt.json is the strict set', () => {
  const { validation, policy, acme } = loadConfiguration({ config: STRICT, set: [], host: [] });
  expect(validation).toMatchObject({
    httpPort: 80,
    tlsPort: 443,
    addressPolicy: 'documented',
    allowReservedAddresses: false,
  });
  expect(policy).toMatchObject({ requirePublicSuffix: true });
  expect(acme.port, 'what it does not name is the default').toBe(14000);
});

test('a flag wins over config/letsencrypt.json', () => {
  const { validation } = loadConfiguration({ config: STRICT, set: ['validation.httpPort=5002'], host: [] });
  expect(validation.httpPort).toBe(5002);
});

test.each([
  ['a name without a public suffix', dns('first.localhost'), 'malformed'],
  ['a public suffix itself', dns('co.uk'), 'malformed'],
  ['the wildcard of a public suffix', dns('*.co.uk'), 'malformed'],
  ['a special-use name, though it has a public suffix', dns('router.home.arpa'), 'rejectedIdentifier'],
  ['a private address', ip('10.0.0.1'), 'rejectedIdentifier'],
  ['the loopback address of IPv6', ip('::1'), 'rejectedIdentifier'],
])('under config/letsencrypt.json %s is refused', async (_claim, identifiers, code) => {
  const answer = await client.post('/acme/new-order', { identifiers });
  expect([answer.status, problemOf(answer)]).toEqual([400, code]);
});

test('under config/letsencrypt.json a public name is ordered', async () => {
  const answer = await client.post('/acme/new-order', {
    identifiers: dns('www.example.com', '*.example.org'),
  });
  expect(answer.status).toBe(201);
});
