import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { http01Path, keyAuthorization } from '../../src/protocol/key-authorization.ts';
import {
  challengeOf,
  csrFor,
  dns,
  issue,
  pathOf,
  placeOrder,
  read,
  readyOrder,
} from '../support/acme-orders.ts';
import type { AcmeAnswer, AcmeRequests } from '../support/acme-requests.ts';
import { problemOf } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startWebServer } from '../support/web-server.ts';

const AT_ONCE = 30;

let ca: TestCa;
beforeAll(async () => {
  ca = await startTestCa({ dataFolder: temporaryFolder(afterAll), cleanUp: afterAll });
});

test('RFC 8555 section 7.4: of 30 simultaneous finalize requests one gets the certificate, the others orderNotReady', async () => {
  const client = await ca.account();
  const names = dns('finalize.localhost');
  const order = await readyOrder(ca, client, names);
  const before = rowsOf('certificates');
  const csr = csrFor(names);
  const answers = await together(client, order.finalize, () => ({ csr }));
  expect(tally(answers)).toEqual({ '200': 1, '403 orderNotReady': AT_ONCE - 1 });
  expect(rowsOf('certificates')).toBe(before + 1);
  expect(ca.complaints, 'nothing was signed in vain').toEqual([]);
  const { certificate } = await read(client, order.path);
  expect(certificate).toBe(answers.find(({ status }) => status === 200)?.json.certificate);
});

test('RFC 8555 section 7.3.1: of 30 simultaneous newAccount requests of one key one is answered 201, the others the same account', async () => {
  const client = await ca.stranger();
  const before = rowsOf('accounts');
  const answers = await together(client, '/acme/new-account', () => ({ termsOfServiceAgreed: true }));
  expect(tally(answers)).toEqual({ '201': 1, '200': AT_ONCE - 1 });
  expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
  expect(rowsOf('accounts')).toBe(before + 1);
});

test('RFC 8555 section 7.6: of 30 simultaneous revocations one is answered 200, the others alreadyRevoked', async () => {
  const client = await ca.account();
  const { leaf } = await issue(ca, client, dns('revoke.localhost'));
  const payload = { certificate: leaf.raw.toString('base64url') };
  const answers = await together(client, '/acme/revoke-cert', () => payload);
  expect(tally(answers)).toEqual({ '200': 1, '400 alreadyRevoked': AT_ONCE - 1 });
});

test('RFC 8555 section 6.5: of 30 simultaneous requests with one nonce one is accepted', async () => {
  const client = await ca.account();
  const header = { nonce: await client.nonce() };
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, () => client.post(pathOf(client.kid), undefined, { header })),
  );
  expect(tally(answers)).toEqual({ '200': 1, '400 badNonce': AT_ONCE - 1 });
});

test('RFC 8555 section 7.3.6: of 30 simultaneous deactivations of an account one is answered 200', async () => {
  const client = await ca.account();
  const answers = await together(client, pathOf(client.kid), () => ({ status: 'deactivated' }));
  expect(tally(answers)).toEqual({ '200': 1, '401 unauthorized': AT_ONCE - 1 });
});

test('RFC 8555 section 7.5.2: finalizing and deactivating an authorization at once leaves one of the two', async () => {
  const client = await ca.account();
  const names = dns('both.localhost');
  const order = await readyOrder(ca, client, names);
  const [finalized, deactivated] = await Promise.all([
    client.post(order.finalize, { csr: csrFor(names) }),
    client.post(order.authorizations[0] ?? '', { status: 'deactivated' }),
  ]);
  expect(deactivated.status).toBe(200);
  const { status, certificate } = await read(client, order.path);
  if (finalized.status === 200) expect([status, certificate]).toEqual(['valid', finalized.json.certificate]);
  else expect([status, problemOf(finalized)]).toEqual(['invalid', 'orderNotReady']);
});

describe('while a validation is under way', () => {
  let slowCa: TestCa;
  let server: SeenServer;
  /** Says `asked` when the CA has asked, and answers when told `answer`. */
  const events = new EventEmitter();
  let body = '';
  beforeAll(async () => {
    server = await startWebServer('::1', 0, (_request, response) => {
      events.emit('asked');
      void once(events, 'answer').then(() => response.end(body));
    });
    slowCa = await startTestCa({
      dataFolder: temporaryFolder(afterAll),
      cleanUp: afterAll,
      settings: { validation: { httpPort: server.port } },
    });
  });
  afterAll(() => server.stop());

  async function underWay(client: AcmeRequests, name: string, times = 1) {
    const order = await placeOrder(client, dns(name));
    const [authorization = ''] = order.authorizations;
    const { path, token } = await challengeOf(client, authorization);
    body = keyAuthorization(token, client.key.thumbprint);
    const asked = once(events, 'asked');
    const answers = await together(client, path, () => ({}), times);
    await asked;
    const finish = async () => {
      events.emit('answer');
      await slowCa.idle();
    };
    return { order, authorization, path, token, answers, finish };
  }

  test('RFC 8555 section 7.5.1: 30 simultaneous responses to a challenge are one validation', async () => {
    const client = await slowCa.account();
    const before = server.accepted();
    const { path, token, answers, finish } = await underWay(client, 'once.localhost', AT_ONCE);
    expect(tally(answers)).toEqual({ '200': AT_ONCE });
    expect(answers.map(({ json }) => json.status)).toEqual(answers.map(() => 'processing'));
    await finish();
    expect(await read(client, path)).toMatchObject({ status: 'valid' });
    expect(server.accepted()).toBe(before + 1);
    expect(server.requests.at(-1)?.url).toBe(http01Path(token));
  });

  test('RFC 8555 section 7.5.2: its authorization can be deactivated, and stays so when the validation passes', async () => {
    const client = await slowCa.account();
    const { order, authorization, finish } = await underWay(client, 'deactivated.localhost');
    const answer = await client.post(authorization, { status: 'deactivated' });
    expect([answer.status, answer.json.status]).toEqual([200, 'deactivated']);
    await finish();
    expect(await read(client, authorization)).toMatchObject({ status: 'deactivated' });
    expect(await read(client, order.path)).toMatchObject({ status: 'invalid' });
    const finalized = await client.post(order.finalize, { csr: csrFor(dns('deactivated.localhost')) });
    expect([finalized.status, problemOf(finalized)]).toEqual([403, 'orderNotReady']);
  });

  test('RFC 8555 section 7.3.6: its account can be deactivated, and gets nothing from it', async () => {
    const client = await slowCa.account();
    const { order, finish } = await underWay(client, 'account.localhost');
    expect((await client.post(pathOf(client.kid), { status: 'deactivated' })).status).toBe(200);
    await finish();
    const finalized = await client.post(order.finalize, { csr: csrFor(dns('account.localhost')) });
    expect([finalized.status, problemOf(finalized)]).toEqual([401, 'unauthorized']);
    expect(slowCa.contents().certificates).toEqual([]);
  });

  test('RFC 8555 section 8.2: challenge and authorization say when to ask again', async () => {
    const client = await slowCa.account();
    const { authorization, path, finish } = await underWay(client, 'poll.localhost');
    for (const resource of [authorization, path]) {
      const answer = await client.post(resource);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    await finish();
    expect((await client.post(authorization)).headers.get('retry-after')).toBeNull();
  });
});

/** Has the nonces first, and so the connections, and then sends all at once. */
async function together(
  client: AcmeRequests,
  path: string,
  payload: (() => object) | undefined,
  times = AT_ONCE,
): Promise<readonly AcmeAnswer[]> {
  const nonces = await Promise.all(Array.from({ length: times }, () => client.nonce()));
  return Promise.all(nonces.map((nonce) => client.post(path, payload?.(), { header: { nonce } })));
}

/** How many answers there were of each status and problem. */
function tally(answers: readonly AcmeAnswer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const kind = [answer.status, problemOf(answer)].filter((part) => part !== undefined).join(' ');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function rowsOf(table: string): number {
  return ca.contents()[table]?.length ?? 0;
}
