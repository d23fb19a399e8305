import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateAccountKey } from '../../src/jws/sign.ts';
import type { AccountId } from '../../src/protocol/ids.ts';
import type { AcmeTestServer } from '../support/acme-application.ts';
import { startAcmeServer } from '../support/acme-application.ts';
import { AcmeRequests, base64url, problemOf } from '../support/acme-requests.ts';

const READ = '/acme/account/acct_1';
let server: AcmeTestServer;
let client: AcmeRequests;

beforeAll(async () => {
  server = await startAcmeServer();
  client = await AcmeRequests.withAccount(server.base);
});
afterAll(() => server.listener.close(0));

test.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256'] as const)('accepts %s', async (algorithm) => {
  const other = await AcmeRequests.withNewKey(server.base, algorithm);
  expect((await other.register()).status).toBe(201);
  expect((await other.post(new URL(other.kid ?? '').pathname)).status).toBe(200);
});

describe('content type', () => {
  test.each(['application/json', 'application/jose', 'application/jose+json; charset=utf-8', 'text/plain'])(
    'answers 415 to %s',
    async (contentType) => {
      const answer = await client.post(READ, undefined, { contentType });
      expect(answer.status).toBe(415);
      expect(problemOf(answer)).toBe('malformed');
    },
  );
});

describe('shape', () => {
  test.each([
    ['text that is not JSON', () => 'hello'],
    ['an empty body', () => ''],
    ['a JSON array', () => '[]'],
    ['the compact serialization', (jws) => `${jws.protected}.${jws.payload}.${jws.signature}`],
    ['an unprotected header', (jws) => JSON.stringify({ ...jws, header: { kid: 'x' } })],
    [
      'several signatures',
      (jws) => JSON.stringify({ payload: jws.payload, signatures: [{ protected: jws.protected }] }),
    ],
    ['no signature', ({ protected: header, payload }) => JSON.stringify({ protected: header, payload })],
    ['an empty signature', (jws) => JSON.stringify({ ...jws, signature: '' })],
    ['a padded payload', (jws) => JSON.stringify({ ...jws, payload: 'e30=' })],
  ] satisfies [string, (jws: { protected: string; payload: string; signature: string }) => string][])(
    'refuses %s',
    async (_what, body) => {
      const answer = await client.post(READ, undefined, { body });
      expect(answer.status).toBe(400);
      expect(problemOf(answer)).toBe('malformed');
    },
  );

  test('refuses an unencoded payload and critical extensions', async () => {
    for (const header of [{ b64: false }, { crit: ['exp'] }]) {
      expect(problemOf(await client.post(READ, undefined, { header }))).toBe('malformed');
    }
  });

  test('answers 413 to a body over 64 kB, also when its length was not announced', async () => {
    const large = await client.post(READ, undefined, { body: () => 'x'.repeat(64 * 1024 + 1) });
    expect([large.status, problemOf(large)]).toEqual([413, 'malformed']);
    const chunked = await fetch(server.base + READ, {
      method: 'POST',
      headers: { 'Content-Type': 'application/jose+json' },
      body: new Blob(['x'.repeat(100_000)]).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
  });
});

describe('algorithm', () => {
  test.each(['HS256', 'none', 'PS256', 'RS1', ''])(
    'answers badSignatureAlgorithm to %j with the list',
    async (alg) => {
      const answer = await client.post(READ, undefined, { header: { alg } });
      expect(answer.status).toBe(400);
      expect(problemOf(answer)).toBe('badSignatureAlgorithm');
      expect(answer.json.algorithms).toEqual(['RS256', 'ES256', 'ES384', 'ES512', 'EdDSA']);
    },
  );

  test('refuses a MAC made with the public key as its secret', async () => {
    const header = { alg: 'HS256' };
    const signingKey = createSecretKey(Buffer.from(JSON.stringify(client.key.jwk)));
    expect(problemOf(await client.post(READ, undefined, { header, signingKey }))).toBe(
      'badSignatureAlgorithm',
    );
  });

  test('refuses an algorithm that does not fit the key of the account, or the key in jwk', async () => {
    expect(problemOf(await client.post(READ, undefined, { header: { alg: 'ES384' } }))).toBe('malformed');
    const fresh = await AcmeRequests.withNewKey(server.base);
    expect(problemOf(await fresh.post('/acme/new-account', {}, { header: { alg: 'RS256' } }))).toBe(
      'malformed',
    );
  });

  test('refuses a key whose own alg says otherwise', async () => {
    const fresh = await AcmeRequests.withNewKey(server.base);
    const jwk = { ...fresh.key.jwk, alg: 'ES384' };
    expect(problemOf(await fresh.post('/acme/new-account', {}, { header: { jwk } }))).toBe('malformed');
  });
});

describe('key', () => {
  test('refuses jwk and kid together, and neither', async () => {
    expect(problemOf(await client.post(READ, undefined, { header: { jwk: client.key.jwk } }))).toBe(
      'malformed',
    );
    expect(problemOf(await client.post(READ, undefined, { header: { kid: undefined } }))).toBe('malformed');
  });

  test('refuses jwk where an account must sign, and kid for newAccount', async () => {
    const withJwk = await client.post(READ, undefined, { header: { kid: undefined, jwk: client.key.jwk } });
    expect(problemOf(withJwk)).toBe('malformed');
    const withKid = await client.post(
      '/acme/new-account',
      {},
      { header: { jwk: undefined, kid: client.kid } },
    );
    expect(problemOf(withKid)).toBe('malformed');
  });

  test.each([
    ['a text', 'key'],
    ['null', null],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    [
      'a point that is not on its curve',
      { kty: 'EC', crv: 'P-256', x: base64url('x'.repeat(32)), y: base64url('y'.repeat(32)) },
    ],
  ])('answers badPublicKey to %s', async (_what, jwk) => {
    const answer = await client.post('/acme/new-account', {}, { header: { jwk } });
    expect(problemOf(answer)).toBe('badPublicKey');
  });

  test('answers badPublicKey to an RSA key that policy refuses', async () => {
    const modulus = Buffer.alloc(128, 0xff).toString('base64url');
    const header = { alg: 'RS256', jwk: { kty: 'RSA', n: modulus, e: 'AQAB' } };
    const answer = await client.post('/acme/new-account', {}, { header });
    expect(problemOf(answer)).toBe('badPublicKey');
    expect(answer.json.detail).toContain('1024 bits');
  });

  test('resolves kid by its path: an account made under one authority is used under another', async () => {
    for (const authority of ['https://localhost:14000', 'https://[::1]:14000', 'http://old.example']) {
      const kid = `${authority}/acme/account/acct_1`;
      expect((await client.post(READ, undefined, { header: { kid } })).status).toBe(200);
    }
  });

  test.each(['acct_1', 'https://localhost/acme/order/order_1', 'https://localhost/acme/account/acct_01', ''])(
    'refuses %j as kid',
    async (kid) => {
      expect(problemOf(await client.post(READ, undefined, { header: { kid } }))).toBe('malformed');
    },
  );

  test('answers accountDoesNotExist to an account URL that nobody has', async () => {
    const header = { kid: `${server.base}/acme/account/acct_999` };
    const answer = await client.post(READ, undefined, { header });
    expect([answer.status, problemOf(answer)]).toEqual([400, 'accountDoesNotExist']);
  });

  test('answers 401 unauthorized to a deactivated account (section 7.3.6)', async () => {
    const other = await AcmeRequests.withAccount(server.base);
    const id = Number(other.kid?.split('_').at(-1)) as AccountId;
    const account = server.accounts.get(id);
    if (account === undefined) throw new Error('the account was registered');
    server.accounts.set(id, { ...account, status: 'deactivated' });
    const answer = await other.post('/acme/new-order', { identifiers: [] });
    expect([answer.status, problemOf(answer)]).toEqual([401, 'unauthorized']);
  });
});

describe('signature', () => {
  test('refuses the signature of another key', async () => {
    const { privateKey } = await generateAccountKey();
    expect(problemOf(await client.post(READ, undefined, { signingKey: privateKey }))).toBe('malformed');
    const fresh = await AcmeRequests.withNewKey(server.base);
    expect(problemOf(await fresh.post('/acme/new-account', {}, { signingKey: privateKey }))).toBe(
      'malformed',
    );
  });

  test('refuses a changed payload and a changed header', async () => {
    const payload = await client.post(
      READ,
      {},
      { body: (jws) => JSON.stringify({ ...jws, payload: base64url({ contact: [] }) }) },
    );
    expect(problemOf(payload)).toBe('malformed');
    const nonce = await client.nonce();
    const header = await client.post(READ, undefined, {
      body: (jws) => {
        const changed = { ...JSON.parse(Buffer.from(jws.protected, 'base64url').toString()), nonce };
        return JSON.stringify({ ...jws, protected: base64url(changed) });
      },
    });
    expect(problemOf(header)).toBe('malformed');
  });
});
