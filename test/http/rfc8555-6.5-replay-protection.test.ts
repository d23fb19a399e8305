import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateAccountKey } from '../../src/jws/sign.ts';
import type { AcmeTestServer } from '../support/acme-application.ts';
import { startAcmeServer } from '../support/acme-application.ts';
import { AcmeRequests, get, problemOf, send } from '../support/acme-requests.ts';

const READ = '/acme/account/acct_1';
const NONCE = /^[A-Za-z0-9_-]{22}$/;
let server: AcmeTestServer;
let client: AcmeRequests;

beforeAll(async () => {
  server = await startAcmeServer();
  client = await AcmeRequests.withAccount(server.base);
});
afterAll(() => server.listener.close(0));

test('rejects a nonce used twice', async () => {
  const nonce = await client.nonce();
  expect((await client.post(READ, undefined, { header: { nonce } })).status).toBe(200);
  const again = await client.post(READ, undefined, { header: { nonce } });
  expect([again.status, problemOf(again)]).toEqual([400, 'badNonce']);
});

test('of two requests that race with one nonce, one passes', async () => {
  const nonce = await client.nonce();
  const race = await Promise.all([1, 2, 3].map(() => client.post(READ, undefined, { header: { nonce } })));
  expect(race.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
});

test('rejects a missing nonce and one that it never gave out', async () => {
  for (const nonce of [undefined, 'AAAAAAAAAAAAAAAAAAAAAA']) {
    expect(problemOf(await client.post(READ, undefined, { header: { nonce } }))).toBe('badNonce');
  }
});

test('answers malformed to a nonce that is not base64url (section 6.5.2)', async () => {
  expect(problemOf(await client.post(READ, undefined, { header: { nonce: 'a b' } }))).toBe('malformed');
});

test('a request whose signature is wrong does not use up its nonce', async () => {
  const nonce = await client.nonce();
  const { privateKey } = await generateAccountKey();
  const forged = await client.post(READ, undefined, { header: { nonce }, signingKey: privateKey });
  expect(problemOf(forged)).toBe('malformed');
  expect((await client.post(READ, undefined, { header: { nonce } })).status).toBe(200);
});

test('a request for the wrong URL uses up its nonce: it was signed with the key', async () => {
  const nonce = await client.nonce();
  const header = { nonce, url: 'https://elsewhere.example/' };
  expect(problemOf(await client.post(READ, undefined, { header }))).toBe('unauthorized');
  expect(problemOf(await client.post(READ, undefined, { header: { nonce } }))).toBe('badNonce');
});

test('every response to a POST carries a fresh nonce that works, refusals included', async () => {
  const answers = [
    await client.post(READ),
    await client.post(READ, undefined, { header: { nonce: undefined } }),
    await client.post(READ, undefined, { contentType: 'text/plain' }),
    await client.post('/acme/nothing-here'),
    await send(`${server.base}/`, '', 'text/plain'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 415, 404, 405]);
  for (const { headers } of answers) {
    const nonce = headers.get('replay-nonce') ?? '';
    expect(nonce).toMatch(NONCE);
    expect((await client.post(READ, undefined, { header: { nonce } })).status).toBe(200);
  }
});

test('other GET responses carry none', async () => {
  for (const path of ['/', '/dir', '/acme/new-account']) {
    expect((await get(server.base + path)).headers.get('replay-nonce')).toBeNull();
  }
});
