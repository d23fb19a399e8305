import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IssuedOrder, PlacedOrder } from '../support/acme-orders.ts';
import { challengeOf, csrFor, dns, issue, pathOf, placeOrder, read } from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let ca: TestCa;
beforeAll(async () => {
  ca = await startTestCa({ dataFolder: temporaryFolder(afterAll), cleanUp: afterAll });
});

const CONTACT = ['mailto:admin@example.com'];

test('RFC 8555 section 7.3: a new account is answered 201 with its URL, its contacts and its status', async () => {
  const client = await ca.stranger();
  const answer = await client.register({ contact: CONTACT, termsOfServiceAgreed: true });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('location')).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/acme\/account\/acct_\d+$/);
  expect(answer.json).toMatchObject({ status: 'valid', contact: CONTACT, termsOfServiceAgreed: true });
  expect(await read(client, pathOf(client.kid))).toEqual(answer.json);
});

test('RFC 8555 section 7.3.1: the same key again is answered 200 with the account as it is, whatever is asked', async () => {
  const client = await ca.stranger();
  const made = await client.register({ contact: CONTACT });
  const before = ca.contents();
  const again = await client.register({ contact: ['mailto:other@example.com'] });
  expect(again.status).toBe(200);
  expect(again.headers.get('location')).toBe(made.headers.get('location'));
  expect(again.json).toEqual(made.json);
  expect(ca.contents()).toEqual(before);
});

test('RFC 8555 section 7.3.1: onlyReturnExisting finds the account of the key', async () => {
  const client = await ca.account();
  const found = await client.post('/acme/new-account', { onlyReturnExisting: true });
  expect([found.status, found.headers.get('location')]).toEqual([200, client.kid]);
});

test('RFC 8555 section 7.3.1: onlyReturnExisting makes nothing for an unknown key', async () => {
  const client = await ca.stranger();
  await requireRefused(ca, [400, 'accountDoesNotExist'], () =>
    client.post('/acme/new-account', { onlyReturnExisting: true }),
  );
});

const BAD_CONTACTS: readonly (readonly [claim: string, contact: unknown, code: string])[] = [
  ['another scheme than mailto', ['tel:+1-555-0100'], 'unsupportedContact'],
  ['header fields', ['mailto:admin@example.com?subject=hello'], 'invalidContact'],
  ['two addresses in one', ['mailto:a@example.com,b@example.com'], 'invalidContact'],
  ['no URL', ['admin@example.com'], 'invalidContact'],
  ['no address', ['mailto:nobody'], 'invalidContact'],
  ['a good one and a bad one', [...CONTACT, 'mailto:'], 'invalidContact'],
  ['eleven of them', Array.from({ length: 11 }, (_, index) => `mailto:a${index}@example.com`), 'malformed'],
  ['no list', 'mailto:admin@example.com', 'malformed'],
  ['a number', [7], 'malformed'],
];

describe('RFC 8555 section 7.3: contacts with', () => {
  test.each(BAD_CONTACTS)('%s make no account', async (_claim, contact, code) => {
    const client = await ca.stranger();
    await requireRefused(ca, [400, code], () => client.post('/acme/new-account', { contact }));
  });

  test.each(BAD_CONTACTS)('%s change no account', async (_claim, contact, code) => {
    const client = await ca.account();
    await requireRefused(ca, [400, code], () => client.post(pathOf(client.kid), { contact }));
  });
});

test('RFC 8555 section 7.3.2: an update replaces the contacts, and what else it names is ignored', async () => {
  const client = await ca.account();
  const updated = await client.post(pathOf(client.kid), {
    contact: CONTACT,
    status: 'valid',
    termsOfServiceAgreed: false,
    orders: 'x',
  });
  expect(updated.status).toBe(200);
  expect(updated.json).toMatchObject({ status: 'valid', contact: CONTACT, termsOfServiceAgreed: true });
  expect(await read(client, pathOf(client.kid))).toEqual(updated.json);
  await client.post(pathOf(client.kid), { contact: [] });
  expect(await read(client, pathOf(client.kid))).toMatchObject({ contact: [] });
});

test('RFC 8555 section 7.3.2: an account sees and changes itself only', async () => {
  const [one, other] = [await ca.account(), await ca.account()];
  await requireRefused(ca, [403, 'unauthorized'], () => one.post(pathOf(other.kid)));
  await requireRefused(ca, [403, 'unauthorized'], () => one.post(pathOf(other.kid), { contact: CONTACT }));
  await requireRefused(ca, [403, 'unauthorized'], () =>
    one.post(pathOf(other.kid), { status: 'deactivated' }),
  );
});

test('RFC 8555 section 7.3.6: deactivation is answered with the account, deactivated', async () => {
  const client = await ca.account();
  const answer = await client.post(pathOf(client.kid), { status: 'deactivated' });
  expect([answer.status, answer.json.status]).toEqual([200, 'deactivated']);
});

describe('RFC 8555 section 7.3.6: a deactivated account is answered 401 when it', () => {
  let client: AcmeRequests;
  let issued: IssuedOrder;
  let open: PlacedOrder;
  let challenge: string;
  beforeAll(async () => {
    client = await ca.account();
    issued = await issue(ca, client, dns('gone.localhost'));
    open = await placeOrder(client, dns('open.localhost'));
    challenge = (await challengeOf(client, open.authorizations[0] ?? '')).path;
    await client.post(pathOf(client.kid), { status: 'deactivated' });
  });

  test.each<readonly [claim: string, request: () => readonly [path: string, payload?: object]]>([
    ['reads itself', () => [pathOf(client.kid)]],
    ['updates itself', () => [pathOf(client.kid), { contact: [] }]],
    ['deactivates itself again', () => [pathOf(client.kid), { status: 'deactivated' }]],
    ['makes an order', () => ['/acme/new-order', { identifiers: dns('new.localhost') }]],
    ['reads an order', () => [open.path]],
    ['finalizes', () => [open.finalize, { csr: csrFor(dns('open.localhost')) }]],
    ['reads an authorization', () => [open.authorizations[0] ?? '']],
    ['deactivates an authorization', () => [open.authorizations[0] ?? '', { status: 'deactivated' }]],
    ['reads a challenge', () => [challenge]],
    ['responds to a challenge', () => [challenge, {}]],
    ['downloads its certificate', () => [issued.certificate]],
    [
      'revokes its certificate',
      () => ['/acme/revoke-cert', { certificate: issued.leaf.raw.toString('base64url') }],
    ],
    ['reads the directory by POST-as-GET', () => ['/dir']],
  ])('%s', async (_claim, request) => {
    await requireRefused(ca, [401, 'unauthorized'], () => client.post(...request()));
  });

  test.each([{ onlyReturnExisting: true }, { termsOfServiceAgreed: true }])(
    'but 403, as by the real CA, when its key asks for an account with %j',
    async (payload) => {
      await requireRefused(ca, [403, 'unauthorized'], () => client.post('/acme/new-account', payload));
    },
  );
});
