import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { keyAuthorization } from '../../src/protocol/key-authorization.ts';
import { encodeOctetString } from '../../src/x509/der-writer.ts';
import { challengeOf, dns, finish, ip, placeOrder, read } from '../support/acme-orders.ts';
import type { AlpnServer } from '../support/alpn-server.ts';
import { startAlpnServer } from '../support/alpn-server.ts';
import { freePort } from '../support/free-port.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { acmeIdentifier, digestOf, names, validationCertificate } from '../support/validation-certificate.ts';

const V4 = '127.0.0.1';
let ca: TestCa;
let tlsPort: number;

beforeAll(async () => {
  tlsPort = await freePort();
  ca = await startTestCa({
    dataFolder: temporaryFolder(afterAll),
    cleanUp: afterAll,
    settings: { dns: { hosts: { 'alpn.test': [V4] } }, validation: { tlsPort } },
  });
});

/** Orders a certificate, and answers for it by tls-alpn-01 with the given text for a key authorization. */
async function prove(
  [identifier]: readonly Identifier[],
  answer: (right: string) => string,
): Promise<{
  readonly order: Awaited<ReturnType<typeof placeOrder>>;
  readonly challenge: unknown;
  finish(): Promise<string>;
}> {
  if (identifier === undefined) throw new Error('an order has an identifier');
  const client = await ca.account();
  const order = await placeOrder(client, [identifier]);
  const { path, token } = await challengeOf(client, order.authorizations[0] ?? '', 'tls-alpn-01');
  const text = answer(keyAuthorization(token, client.key.thumbprint));
  const san = identifier.type === 'ip' ? names([], [identifier.value]) : names([identifier.value]);
  const digest = acmeIdentifier(encodeOctetString(digestOf(text)));
  let server: AlpnServer | undefined;
  try {
    server = await startAlpnServer(V4, tlsPort, validationCertificate({ extensions: [san, digest] }));
    await client.post(path, {});
    await ca.idle();
  } finally {
    await server?.stop();
  }
  return {
    order,
    challenge: await read(client, path),
    finish: async () => (await finish(client, order, [identifier])).leaf.subjectAltName ?? '',
  };
}

test('RFC 8737: a certificate for a name by tls-alpn-01', async () => {
  const proved = await prove(dns('alpn.test'), (right) => right);
  expect(proved.challenge).toMatchObject({
    type: 'tls-alpn-01',
    status: 'valid',
    validationRecord: [
      { hostname: 'alpn.test', port: String(tlsPort), addressesResolved: [V4], addressUsed: V4 },
    ],
  });
  expect(await proved.finish()).toBe('DNS:alpn.test');
});

test('RFC 8738: a certificate for an address by tls-alpn-01', async () => {
  const proved = await prove(ip(V4), (right) => right);
  expect(proved.challenge).toMatchObject({
    status: 'valid',
    validationRecord: [{ hostname: V4, addressesResolved: [V4], addressUsed: V4 }],
  });
  expect(await proved.finish()).toBe(`IP Address:${V4}`);
});

test("RFC 8737 section 3: another key authorization's digest makes the challenge invalid, with both digests in the problem", async () => {
  const { challenge } = await prove(dns('alpn.test'), (right) => `${right}x`);
  expect(challenge).toMatchObject({
    status: 'invalid',
    error: { type: 'urn:ietf:params:acme:error:unauthorized' },
    validationRecord: [{ hostname: 'alpn.test', addressUsed: V4 }],
  });
  expect(JSON.stringify(challenge)).toMatch(
    /must hold the SHA-256 digest of the key authorization, [0-9a-f]{64}, and holds [0-9a-f]{64}\./,
  );
});
