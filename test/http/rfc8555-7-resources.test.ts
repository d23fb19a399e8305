import { sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Authorization } from '../../src/protocol/authorization.ts';
import type { Challenge } from '../../src/protocol/challenge.ts';
import type {
  AccountId,
  AuthorizationId,
  CertificateId,
  ChallengeId,
  OrderId,
} from '../../src/protocol/ids.ts';
import type { Order } from '../../src/protocol/order.ts';
import type { Registration, Revoker } from '../../src/registration/registration.ts';
import type { AcmeTestServer } from '../support/acme-application.ts';
import { startAcmeServer, TEST_NOW } from '../support/acme-application.ts';
import { AcmeRequests, base64url, get, problemOf, sendRaw } from '../support/acme-requests.ts';

const DAY = 86_400_000;

const order: Order = {
  id: 7 as OrderId,
  accountId: 1 as AccountId,
  identifiers: [{ type: 'dns', value: '*.example.com' }],
  authorizationIds: [8 as AuthorizationId],
  createdAt: TEST_NOW,
  expiresAt: TEST_NOW + DAY,
  notAfter: TEST_NOW + 2 * DAY,
};

const challenge: Challenge = {
  id: 9 as ChallengeId,
  authorizationId: 8 as AuthorizationId,
  type: 'http-01',
  status: 'pending',
  token: 'dG9rZW4',
};

const authorization: Authorization = {
  id: 8 as AuthorizationId,
  accountId: 1 as AccountId,
  identifier: { type: 'dns', value: 'example.com' },
  wildcard: false,
  storedStatus: 'pending',
  expiresAt: TEST_NOW + DAY,
  challenges: [challenge],
};

let server: AcmeTestServer;
let client: AcmeRequests;
/** What the registration of this file answers; each test sets what it needs. */
let world: Partial<Registration> = {};

const call =
  <Name extends keyof Registration>(name: Name) =>
  (...args: readonly unknown[]) => {
    const method = world[name] as ((...args: readonly unknown[]) => unknown) | undefined;
    if (method === undefined) throw new Error(`the test did not expect a call of ${name}`);
    return method(...args);
  };

beforeAll(async () => {
  const names = [
    'updateContacts',
    'deactivateAccount',
    'newOrder',
    'order',
    'finalize',
    'authorization',
    'deactivateAuthorization',
    'challenge',
    'respondToChallenge',
    'certificate',
    'revoke',
  ] as const;
  const registration = Object.fromEntries(names.map((name) => [name, call(name)])) as Partial<Registration>;
  server = await startAcmeServer({
    registration,
    config: { termsOfService: 'https://ca.example/terms', website: 'https://ca.example/' },
  });
  client = await AcmeRequests.withAccount(server.base);
});
afterAll(() => server.listener.close(0));

describe('7.1.1 directory', () => {
  test.each(['/dir', '/directory'])('is at %s, for GET, HEAD and POST-as-GET', async (path) => {
    const url = server.base + path;
    const answer = await get(url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('link')).toBeNull();
    expect(answer.json).toEqual({
      newNonce: `${server.base}/acme/new-nonce`,
      newAccount: `${server.base}/acme/new-account`,
      newOrder: `${server.base}/acme/new-order`,
      revokeCert: `${server.base}/acme/revoke-cert`,
      meta: {
        termsOfService: 'https://ca.example/terms',
        website: 'https://ca.example/',
        externalAccountRequired: false,
      },
    });
    const head = await get(url, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(answer.headers.get('content-length'));
    expect((await client.post(path)).json).toEqual(answer.json);
  });
});

describe('7.2 newNonce', () => {
  test('answers 200 to HEAD and 204 to GET, each with a nonce, not to be stored', async () => {
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
    ] as const) {
      const answer = await get(`${server.base}/acme/new-nonce`, { method });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('replay-nonce')).toMatch(/^[\w-]{22}$/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('link')).toBe(`<${server.base}/dir>;rel="index"`);
    }
    expect((await client.post('/acme/new-nonce')).status).toBe(200);
  });

  test('gives a nonce in whichever form it is asked, and keeps the connection', async () => {
    for (const target of ['/acme/new-nonce', '/acme/new-nonce?a', `${server.base}/acme/new-nonce`]) {
      const received = await sendRaw(
        server.port,
        `HEAD ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n` +
          `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect(received.match(/^Replay-Nonce: [\w-]{22}\r$/gm)).toHaveLength(2);
      expect(received).toMatch(/^HTTP\/1\.1 200 .*\r\nContent-Length: 0\r\n.*HTTP\/1\.1 204 /s);
    }
  });
});

describe('7.3 accounts', () => {
  test('answers 201 with Location to a new key, and 200 with the same to a known one', async () => {
    const fresh = await AcmeRequests.withNewKey(server.base);
    const created = await fresh.register({ contact: ['mailto:a@example.com'], termsOfServiceAgreed: true });
    expect(created.status).toBe(201);
    expect(created.json).toEqual({
      status: 'valid',
      contact: ['mailto:a@example.com'],
      termsOfServiceAgreed: true,
    });
    const found = await fresh.register({});
    expect([found.status, found.json]).toEqual([200, created.json]);
    expect(found.headers.get('location')).toBe(created.headers.get('location'));
  });

  test('answers malformed to members of the wrong type, naming them, and ignores unknown ones', async () => {
    const refused = await client.post('/acme/new-account', { contact: 'mailto:a@example.com' });
    expect(problemOf(refused)).toBe('malformed');
    expect(refused.json.detail).toContain('contact');
    expect((await client.post('/acme/new-account', { orders: 1, future: {} })).status).toBe(200);
  });

  test('updates contacts, deactivates, and ignores what else an update says', async () => {
    world = {
      updateContacts: async (account, contacts) => ({ ...account, contacts }),
      deactivateAccount: async (account) => ({ ...account, status: 'deactivated' }),
    };
    const path = '/acme/account/acct_1';
    expect((await client.post(path, { contact: ['mailto:b@example.com'] })).json.contact).toEqual([
      'mailto:b@example.com',
    ]);
    expect((await client.post(path, { status: 'deactivated' })).json.status).toBe('deactivated');
    expect((await client.post(path, { status: 'valid', orders: 'x' })).json.status).toBe('valid');
  });

  test("refuses another account's URL", async () => {
    const answer = await client.post('/acme/account/acct_2');
    expect([answer.status, problemOf(answer)]).toEqual([403, 'unauthorized']);
  });
});

describe('7.4 orders', () => {
  test('a payload that is no JSON in UTF-8 is malformed', async () => {
    const payload = Buffer.from('{"identifiers":[{"type":"dns","value":"a\xff"}]}', 'latin1');
    const header = {
      alg: 'ES256',
      kid: client.kid,
      nonce: await client.nonce(),
      url: `${server.base}/acme/new-order`,
    };
    const protectedText = base64url(header);
    const input = Buffer.from(`${protectedText}.${payload.toString('base64url')}`);
    const answer = await client.post('/acme/new-order', undefined, {
      body: () =>
        JSON.stringify({
          protected: protectedText,
          payload: payload.toString('base64url'),
          signature: sign('sha256', input, {
            key: client.key.privateKey,
            dsaEncoding: 'ieee-p1363',
          }).toString('base64url'),
        }),
    });
    expect([answer.status, problemOf(answer)]).toEqual([400, 'malformed']);
    expect(answer.json.detail).toContain('UTF-8');
  });

  test('a payload with thousands of mistakes is answered with the first few', async () => {
    const answer = await client.post('/acme/new-order', { identifiers: Array(5000).fill(0) });
    expect([answer.status, problemOf(answer)]).toEqual([400, 'malformed']);
    expect(answer.json.detail).toMatch(/identifiers\.4: .*; and 4995 more\.$/);
    expect(answer.text.length).toBeLessThan(1000);
  });

  test('newOrder answers 201 with the order and its Location', async () => {
    world = {
      newOrder: async (_account, request) => {
        expect(request).toEqual({
          identifiers: [{ type: 'dns', value: '*.example.com' }],
          notAfter: 'later',
        });
        return { order, status: 'pending' };
      },
    };
    const payload = { identifiers: [{ type: 'dns', value: '*.example.com', more: 1 }], notAfter: 'later' };
    const answer = await client.post('/acme/new-order', payload);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`${server.base}/acme/order/order_7`);
    expect(answer.json).toEqual({
      status: 'pending',
      expires: '2026-01-03T03:04:05Z',
      identifiers: [{ type: 'dns', value: '*.example.com' }],
      notAfter: '2026-01-04T03:04:05Z',
      authorizations: [`${server.base}/acme/authz/authz_8`],
      finalize: `${server.base}/acme/order/order_7/finalize`,
    });
  });

  test('an order shows its certificate or its error, and says when to poll while it is processing', async () => {
    world = {
      order: async () => ({ order: { ...order, certificateId: 3 as CertificateId }, status: 'valid' }),
    };
    const valid = await client.post('/acme/order/order_7');
    expect(valid.json.certificate).toBe(`${server.base}/acme/cert/cert_3`);
    expect(valid.headers.get('retry-after')).toBeNull();
    const problem = { code: 'badCSR', detail: 'no' } as const;
    world = { order: async () => ({ order, status: 'invalid', problem }) };
    expect((await client.post('/acme/order/order_7')).json.error).toEqual({
      type: 'urn:ietf:params:acme:error:badCSR',
      detail: 'no',
      status: 400,
    });
    world = { order: async () => ({ order, status: 'processing' }) };
    expect((await client.post('/acme/order/order_7')).headers.get('retry-after')).toBe('1');
  });

  test('finalize hands over the DER of the CSR, and refuses PEM', async () => {
    const received: Uint8Array[] = [];
    world = {
      finalize: async (_account, _id, csr) => {
        received.push(csr);
        return { order, status: 'processing' };
      },
    };
    const path = '/acme/order/order_7/finalize';
    expect((await client.post(path, { csr: 'MAA' })).status).toBe(200);
    expect(received).toEqual([Buffer.from([0x30, 0])]);
    const refused = await client.post(path, { csr: '-----BEGIN CERTIFICATE REQUEST-----' });
    expect(problemOf(refused)).toBe('malformed');
    expect(refused.json.detail).toContain('csr: must be DER in base64url');
  });

  test('the certificate is a PEM chain, whatever Accept says', async () => {
    world = { certificate: async (_account, id) => ({ id, chainPem: 'PEM\n' }) as never };
    const answer = await client.post('/acme/cert/cert_3');
    expect(answer.headers.get('content-type')).toBe('application/pem-certificate-chain');
    expect(answer.text).toBe('PEM\n');
  });
});

describe('7.5 authorizations and challenges', () => {
  test('an authorization shows its identifier, expiry and challenges, and `wildcard` only when it is one', async () => {
    world = { authorization: async () => authorization };
    const answer = await client.post('/acme/authz/authz_8');
    expect(answer.json).toEqual({
      identifier: { type: 'dns', value: 'example.com' },
      status: 'pending',
      expires: '2026-01-03T03:04:05Z',
      challenges: [
        { type: 'http-01', url: `${server.base}/acme/chall/chal_9`, status: 'pending', token: 'dG9rZW4' },
      ],
    });
    world = { authorization: async () => ({ ...authorization, wildcard: true, expiresAt: TEST_NOW }) };
    expect((await client.post('/acme/authz/authz_8')).json).toMatchObject({
      wildcard: true,
      status: 'expired',
    });
  });

  test('an authorization says when to poll while it waits for a challenge that is processing', async () => {
    const challenges = [{ ...challenge, status: 'processing' } as const];
    world = { authorization: async () => ({ ...authorization, challenges }) };
    expect((await client.post('/acme/authz/authz_8')).headers.get('retry-after')).toBe('1');
    world = { authorization: async () => ({ ...authorization, storedStatus: 'valid', challenges }) };
    expect((await client.post('/acme/authz/authz_8')).headers.get('retry-after')).toBeNull();
  });

  test('an authorization is deactivated by that status alone (section 7.5.2)', async () => {
    world = { deactivateAuthorization: async () => ({ ...authorization, storedStatus: 'deactivated' }) };
    const answer = await client.post('/acme/authz/authz_8', { status: 'deactivated' });
    expect(answer.json.status).toBe('deactivated');
    expect(problemOf(await client.post('/acme/authz/authz_8', { status: 'valid' }))).toBe('malformed');
    expect(problemOf(await client.post('/acme/authz/authz_8', {}))).toBe('malformed');
  });

  test('an empty payload reads a challenge, an object starts it, with the link to its authorization', async () => {
    world = { challenge: async () => ({ challenge, authorization }) };
    const read = await client.post('/acme/chall/chal_9');
    expect(read.json.status).toBe('pending');
    expect(read.headers.get('link')).toBe(
      `<${server.base}/dir>;rel="index", <${server.base}/acme/authz/authz_8>;rel="up"`,
    );
    const accountUrls: (string | undefined)[] = [];
    world = {
      respondToChallenge: async (_account, _id, accountUrl) => {
        accountUrls.push(accountUrl);
        return { challenge: { ...challenge, status: 'processing' }, authorization };
      },
    };
    const started = await client.post('/acme/chall/chal_9', {});
    expect([started.status, started.json.status]).toEqual([200, 'processing']);
    expect(started.headers.get('retry-after')).toBe('1');
    expect(accountUrls).toEqual([`${server.base}/acme/account/acct_1`]);
    expect((await client.post('/acme/chall/chal_9', { keyAuthorization: 'old' })).status).toBe(200);
    expect(problemOf(await client.post('/acme/chall/chal_9', []))).toBe('malformed');
  });

  test('a failed challenge shows when it was validated, its error and its record', async () => {
    const failed: Challenge = {
      ...challenge,
      status: 'invalid',
      validatedAt: TEST_NOW,
      problem: { code: 'connection', detail: '192.0.2.1: refused' },
    };
    world = { challenge: async () => ({ challenge: failed, authorization }) };
    expect((await client.post('/acme/chall/chal_9')).json).toMatchObject({
      validated: '2026-01-02T03:04:05Z',
      error: { type: 'urn:ietf:params:acme:error:connection', detail: '192.0.2.1: refused', status: 400 },
    });
  });
});

describe('7.6 revocation', () => {
  test('is signed by an account or by a key, and answers 200 without a body', async () => {
    const calls: unknown[] = [];
    world = {
      revoke: async (revoker: Revoker, certificate, reason) => {
        calls.push([revoker.by, Buffer.from(certificate).toString('hex'), reason]);
      },
    };
    const byAccount = await client.post('/acme/revoke-cert', { certificate: 'MAA', reason: 4 });
    expect([byAccount.status, byAccount.text]).toEqual([200, '']);
    const keyed = await AcmeRequests.withNewKey(server.base);
    expect((await keyed.post('/acme/revoke-cert', { certificate: 'MAA' })).status).toBe(200);
    expect(calls).toEqual([
      ['account', '3000', 4],
      ['key', '3000', undefined],
    ]);
  });
});

describe('6.3 reading', () => {
  test.each(['/acme/order/order_7', '/acme/cert/cert_3', '/dir', '/acme/new-nonce'])(
    '%s takes an empty payload only',
    async (path) => {
      expect(problemOf(await client.post(path, {}))).toBe('malformed');
    },
  );

  test.each([
    ['/acme/order/order_7', 'POST'],
    ['/acme/new-account', 'POST'],
    ['/acme/cert/cert_3', 'POST'],
  ])('GET of %s is answered 405 with Allow', async (path, allow) => {
    const answer = await get(server.base + path);
    expect([answer.status, problemOf(answer), answer.headers.get('allow')]).toEqual([
      405,
      'malformed',
      allow,
    ]);
  });

  test.each(['DELETE', 'PUT', 'OPTIONS', 'PATCH'])('%s is answered 405 with Allow', async (method) => {
    const answer = await get(`${server.base}/dir`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  test.each([
    '/acme/order/7',
    '/acme/order/authz_8',
    '/acme/authz/authz_08',
    '/acme/chall/x',
    '/acme/cert/-1',
  ])('answers 404 to %s', async (path) => {
    const answer = await client.post(path);
    expect([answer.status, problemOf(answer)]).toEqual([404, 'malformed']);
  });
});
