import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ADDRESS_FAMILY_RULES } from '../../src/protocol/address-family-rule.ts';
import { dns, finish, pathOf, placeOrder, proveByHttp, read } from '../support/acme-orders.ts';
import type { AcmeAnswer } from '../support/acme-requests.ts';
import { AcmeRequests, problemOf } from '../support/acme-requests.ts';
import { freePort } from '../support/free-port.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let ca: TestCa;
beforeAll(async () => {
  ca = await startTestCa({ dataFolder: temporaryFolder(afterAll), cleanUp: afterAll });
});

describe(`api-dual-stack: ${ADDRESS_FAMILY_RULES['api-dual-stack']}`, () => {
  test.each(['base', 'base6', 'baseByName'] as const)(
    'the directory at %s names URLs of the same authority',
    async (base) => {
      const response = await ca.fetch(`${ca[base]}/dir`);
      const directory = Object(await response.json());
      expect(directory.newAccount).toBe(`${ca[base]}/acme/new-account`);
      expect(directory.newNonce).toBe(`${ca[base]}/acme/new-nonce`);
      expect(directory.newOrder).toBe(`${ca[base]}/acme/new-order`);
      expect(directory.revokeCert).toBe(`${ca[base]}/acme/revoke-cert`);
    },
  );

  test('an order that begins over IPv6 goes on over IPv4 and by name, with one account', async () => {
    const over6 = await ca.account(ca.base6);
    expect(over6.kid).toMatch(/^https:\/\/\[::1\]:\d+\/acme\/account\//);
    const [over4, byName] = [elsewhere(over6, ca.base), elsewhere(over6, ca.baseByName)];
    const names = dns('everywhere.localhost');
    const order = await placeOrder(over6, names);
    await proveByHttp(ca, over4, order);
    const { certificate, chainPem } = await finish(byName, order, names);
    expect((await over6.post(certificate)).text).toBe(chainPem);
    expect(await read(over4, order.path)).toMatchObject({
      finalize: `${ca.base}${order.finalize}`,
      certificate: `${ca.base}${certificate}`,
      authorizations: [`${ca.base}${order.authorizations[0]}`],
    });
    expect(await read(over6, order.path)).toMatchObject({ finalize: `${ca.base6}${order.finalize}` });
  });

  test('an account made over localhost is found over 127.0.0.1 and [::1], each by its own URL', async () => {
    const byName = await ca.account(ca.baseByName);
    for (const base of [ca.base, ca.base6]) {
      const client = elsewhere(byName, base);
      const found = await client.post('/acme/new-account', { onlyReturnExisting: true });
      expect([found.status, found.headers.get('location')]).toEqual([200, base + pathOf(byName.kid)]);
      expect(await read(client, pathOf(byName.kid))).toMatchObject({ status: 'valid' });
    }
  });

  test('a nonce that was given over one family is good over the other, once', async () => {
    const over6 = await ca.account(ca.base6);
    const over4 = elsewhere(over6, ca.base);
    const header = { nonce: await over6.nonce() };
    const statuses: unknown[] = [];
    for (const client of [over4, over6]) {
      const answer: AcmeAnswer = await client.post(pathOf(over6.kid), undefined, { header });
      statuses.push([answer.status, problemOf(answer)]);
    }
    expect(statuses).toEqual([
      [200, undefined],
      [400, 'badNonce'],
    ]);
  });

  test('RFC 8555 section 6.4: a request that was signed for one authority is refused at the other', async () => {
    const over6 = await ca.account(ca.base6);
    const over4 = elsewhere(over6, ca.base);
    const answer = await over4.post(
      '/acme/new-order',
      { identifiers: dns('x.localhost') },
      {
        header: { url: `${ca.base6}/acme/new-order` },
      },
    );
    expect(answer.status).not.toBe(201);
    expect(problemOf(answer)).toMatch(/^(unauthorized|malformed)$/);
  });
});

test('with acme.externalUrl all URLs are below it, over both families, and requests are signed for it', async () => {
  const external = 'https://ca.example.test';
  const port = await freePort();
  const proxied = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: { acme: { externalUrl: external, port } },
  });
  expect(proxied.running.facts.directory).toEqual({
    ipv4: `${external}/dir`,
    ipv6: `${external}/dir`,
    localhost: `${external}/dir`,
  });
  for (const host of ['127.0.0.1', '[::1]']) {
    const local = `https://${host}:${port}`;
    const toLocal: TestCa['fetch'] = (url, init) => proxied.fetch(url.replace(external, local), init);
    const client = await AcmeRequests.withAccount(external, 'ES256', toLocal);
    expect(client.kid).toMatch(/^https:\/\/ca\.example\.test\/acme\/account\/acct_\d+$/);
    const order = await client.post('/acme/new-order', { identifiers: dns('x.localhost') });
    expect([order.status, order.json.finalize]).toEqual([
      201,
      expect.stringContaining(`${external}/acme/order/`),
    ]);
    const unaware = new AcmeRequests(local, client.key, proxied.fetch);
    const refused = await unaware.post('/acme/new-account', { onlyReturnExisting: true });
    expect(problemOf(refused), 'the URL of the listener is not the one to sign for').toMatch(
      /^(unauthorized|malformed)$/,
    );
  }
});

/** The same account, addressed otherwise. */
function elsewhere(client: AcmeRequests, base: string): AcmeRequests {
  const other = new AcmeRequests(base, client.key, client.fetch);
  other.kid = client.kid;
  return other;
}
