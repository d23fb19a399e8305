import { expect, test } from 'vitest';
import { refusalOf } from './refusal.ts';
import { createWorld, newKey, newTestAccount } from './world.ts';

const TERMS = 'https://ca.example/terms';

test('creates an account, and then finds it by its key whatever the request says', async () => {
  const { registration } = await createWorld({ termsOfService: TERMS });
  const key = await newKey();
  const request = { contact: ['mailto:admin@example.org'], termsOfServiceAgreed: true };
  const made = await registration.newAccount(key, request);
  expect(made.created).toBe(true);
  expect(made.account).toMatchObject({
    status: 'valid',
    key: key.jwk,
    thumbprint: key.thumbprint,
    contacts: request.contact,
    termsOfServiceAgreed: true,
  });
  for (const again of [{}, { contact: ['tel:12'] }, { onlyReturnExisting: true }]) {
    expect(await registration.newAccount(key, again)).toEqual({ account: made.account, created: false });
  }
  expect(await registration.findAccount(made.account.id)).toEqual(made.account);
});

test('makes one account of racing requests with one key', async () => {
  const { registration } = await createWorld();
  const key = await newKey();
  const made = await Promise.all(Array.from({ length: 20 }, () => registration.newAccount(key, {})));
  expect(made.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(made.map(({ account }) => account.id)).size).toBe(1);
});

test('answers accountDoesNotExist to onlyReturnExisting without an account, and makes none', async () => {
  const { registration, store } = await createWorld();
  const key = await newKey();
  const refused = await refusalOf(registration.newAccount(key, { onlyReturnExisting: true }));
  expect(refused).toMatchObject({ code: 'accountDoesNotExist', status: 400 });
  expect(await store.findAccountByThumbprint(key.thumbprint)).toBeUndefined();
});

test('asks for agreement only where there are terms, and names them', async () => {
  const { registration, store } = await createWorld({ termsOfService: TERMS });
  const key = await newKey();
  for (const request of [{}, { termsOfServiceAgreed: false }]) {
    const refused = await refusalOf(registration.newAccount(key, request));
    expect(refused).toMatchObject({ code: 'malformed', status: 400 });
    expect(refused.detail).toContain(TERMS);
  }
  expect(await store.findAccountByThumbprint(key.thumbprint)).toBeUndefined();
  const without = await createWorld();
  expect((await without.registration.newAccount(key, {})).created).toBe(true);
});

test.each([
  ['tel:+123', 'unsupportedContact'],
  ['mailto:nobody', 'invalidContact'],
])('refuses the contact %s with %s, at creation and at update', async (contact, code) => {
  const world = await createWorld();
  const { registration, store } = world;
  const key = await newKey();
  expect(await refusalOf(registration.newAccount(key, { contact: [contact] }))).toMatchObject({
    code,
    status: 400,
  });
  expect(await store.findAccountByThumbprint(key.thumbprint)).toBeUndefined();
  const account = await newTestAccount(world);
  expect(await refusalOf(registration.updateContacts(account, [contact]))).toMatchObject({
    code,
    status: 400,
  });
  expect(await registration.findAccount(account.id)).toEqual(account);
});

test('replaces contacts', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const contacts = ['mailto:new@example.org'];
  expect(await world.registration.updateContacts(account, contacts)).toEqual({ ...account, contacts });
  expect(await world.registration.updateContacts(account, [])).toEqual({ ...account, contacts: [] });
});

test('deactivates an account once, and refuses everything that would change it or act for it afterwards', async () => {
  const world = await createWorld();
  const { registration } = world;
  const key = await newKey();
  const { account } = await registration.newAccount(key, {});
  const racing = await Promise.allSettled([1, 2, 3].map(() => registration.deactivateAccount(account)));
  expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await registration.findAccount(account.id)).toMatchObject({ status: 'deactivated' });

  const deactivated = { code: 'unauthorized', status: 401 };
  expect(await refusalOf(registration.deactivateAccount(account))).toMatchObject(deactivated);
  expect(await refusalOf(registration.updateContacts(account, []))).toMatchObject(deactivated);
  const identifiers = [{ type: 'dns', value: 'example.com' }];
  expect(await refusalOf(registration.newOrder(account, { identifiers }))).toMatchObject(deactivated);
  expect(await world.store.findOrdersByIdentifier('example.com', 10)).toEqual([]);
  for (const request of [{}, { onlyReturnExisting: true }]) {
    expect(await refusalOf(registration.newAccount(key, request))).toMatchObject({
      code: 'unauthorized',
      status: 403,
    });
  }
});
