import { expect, test } from 'vitest';
import type { Account } from '../../src/protocol/account.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { refusalOf } from './refusal.ts';
import type { World } from './world.ts';
import { createWorld, DAY, dns, newCsr, newKey, newReadyOrder, newTestAccount, START } from './world.ts';

async function newCertificate(
  world: World,
  account: Account,
  identifiers: readonly Identifier[] = dns('example.com'),
) {
  const key = await newKey();
  const { order } = await newReadyOrder(world, account, identifiers);
  const csr = await newCsr(identifiers, key.keys);
  const { certificateId } = (await world.registration.finalize(account, order.id, csr)).order;
  if (certificateId === undefined) throw new Error('A valid order has a certificate.');
  const certificate = await world.registration.certificate(account, certificateId);
  const revocation = async () => (await world.registration.certificate(account, certificateId)).revocation;
  return { key, der: certificate.der, revocation };
}

test.each([
  [undefined, 0],
  [0, 0],
  [1, 1],
  [4, 4],
  [5, 5],
])('lets the issuing account revoke for the reason %s, kept as %i', async (sent, kept) => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, revocation } = await newCertificate(world, account);
  world.levers.now += 1000;
  await world.registration.revoke({ by: 'account', account }, der, sent);
  expect(await revocation()).toEqual({ reason: kept, at: START + 1000 });
  const again = await refusalOf(world.registration.revoke({ by: 'account', account }, der, sent));
  expect(again).toMatchObject({ code: 'alreadyRevoked', status: 400 });
});

test.each([[2], [3], [6], [7], [9], [-1], [1.5], ['1'], [null], [{}]])(
  'refuses the reason %s, with the accepted ones, and revokes nothing',
  async (reason) => {
    const world = await createWorld();
    const account = await newTestAccount(world);
    const { der, revocation } = await newCertificate(world, account);
    const refused = await refusalOf(world.registration.revoke({ by: 'account', account }, der, reason));
    expect(refused).toMatchObject({ code: 'badRevocationReason', status: 400 });
    for (const accepted of ['0 (unspecified)', '1 (', '4 (', '5 ('])
      expect(refused.detail).toContain(accepted);
    expect(await revocation()).toBeUndefined();
  },
);

test('refuses a reason that is nested as deep as a request has room for', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der } = await newCertificate(world, account);
  const reason: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
  const refused = await refusalOf(world.registration.revoke({ by: 'account', account }, der, reason));
  expect(refused).toMatchObject({ code: 'badRevocationReason', status: 400 });
});

test('forces keyCompromise when the key of the certificate revokes', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, key, revocation } = await newCertificate(world, account);
  await world.registration.revoke({ by: 'key', key }, der, 4);
  expect(await revocation()).toEqual({ reason: 1, at: START });
});

test('refuses another key, that of the issuing account too', async () => {
  const world = await createWorld();
  const accountKey = await newKey();
  const { account } = await world.registration.newAccount(accountKey, {});
  const { der, revocation } = await newCertificate(world, account);
  for (const key of [accountKey, await newKey()]) {
    const refused = await refusalOf(world.registration.revoke({ by: 'key', key }, der, undefined));
    expect(refused).toMatchObject({ code: 'unauthorized', status: 403 });
  }
  expect(await revocation()).toBeUndefined();
});

test('lets another account revoke only with authorizations for all identifiers, as cessationOfOperation', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, revocation } = await newCertificate(world, account, dns('*.example.com', 'example.org'));
  const other = await newTestAccount(world);
  const revoker = { by: 'account', account: other } as const;
  const refusedAs = { code: 'unauthorized', status: 403 };
  expect(await refusalOf(world.registration.revoke(revoker, der, 1))).toMatchObject(refusedAs);
  await newReadyOrder(world, other, dns('example.com', 'example.org'));
  expect(await refusalOf(world.registration.revoke(revoker, der, 1))).toMatchObject(refusedAs);
  expect(await revocation()).toBeUndefined();
  await newReadyOrder(world, other, dns('*.example.com'));
  await world.registration.revoke(revoker, der, 1);
  expect(await revocation()).toEqual({ reason: 5, at: START });
});

test('refuses an account that was deactivated after the request was checked', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, revocation } = await newCertificate(world, account);
  await world.registration.deactivateAccount(account);
  const refused = await refusalOf(world.registration.revoke({ by: 'account', account }, der, 0));
  expect(refused).toMatchObject({ code: 'unauthorized', status: 401 });
  expect(await revocation()).toBeUndefined();
});

test('refuses an expired certificate', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, revocation } = await newCertificate(world, account);
  world.levers.now = START + 91 * DAY;
  const refused = await refusalOf(world.registration.revoke({ by: 'account', account }, der, 0));
  expect(refused).toMatchObject({ code: 'unauthorized', status: 403 });
  expect(await revocation()).toBeUndefined();
});

test('refuses what is no certificate with 400, and what it did not issue with 404', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, revocation } = await newCertificate(world, account);
  const revoker = { by: 'account', account } as const;
  for (const bytes of [new Uint8Array(), new TextEncoder().encode('no certificate'), der.slice(0, 100)]) {
    const refused = await refusalOf(world.registration.revoke(revoker, bytes, 0));
    expect(refused).toMatchObject({ code: 'malformed', status: 400 });
  }
  const elsewhere = await createWorld();
  const foreign = await newCertificate(elsewhere, await newTestAccount(elsewhere));
  // Same serial, other signature.
  const forged = Uint8Array.from(der);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  for (const bytes of [foreign.der, forged]) {
    const refused = await refusalOf(world.registration.revoke(revoker, bytes, 0));
    expect(refused).toMatchObject({ code: 'malformed', status: 404 });
  }
  expect(await revocation()).toBeUndefined();
});

test('revokes what it issued under an earlier CA key', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, revocation } = await newCertificate(world, account);
  const later = await createWorld();
  const registration = world.again({ issuer: later.issuer });
  await registration.revoke({ by: 'account', account }, der, 4);
  expect(await revocation()).toEqual({ reason: 4, at: START });
});

test('believes a serial that it knows only together with every other byte', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, key, revocation } = await newCertificate(world, account);
  for (const index of der.keys()) {
    const forged = Uint8Array.from(der);
    forged[index] = (forged[index] ?? 0) ^ 1;
    for (const revoker of [
      { by: 'account', account },
      { by: 'key', key },
    ] as const) {
      const refused = await refusalOf(world.registration.revoke(revoker, forged, 0));
      expect(refused.code).toBe('malformed');
    }
  }
  expect(await revocation()).toBeUndefined();
});

test('lets one of racing revocations win, and its reason stays', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { der, key, revocation } = await newCertificate(world, account);
  const byAccount = () => world.registration.revoke({ by: 'account', account }, der, 4);
  const byKey = () => world.registration.revoke({ by: 'key', key }, der, undefined);
  const results = await Promise.allSettled([byAccount(), byKey(), byAccount(), byKey(), byAccount()]);
  const lost = results.filter((result) => result.status === 'rejected');
  expect(lost).toHaveLength(4);
  for (const { reason } of lost) expect(reason).toMatchObject({ code: 'alreadyRevoked', status: 400 });
  const won = results.findIndex(({ status }) => status === 'fulfilled');
  expect((await revocation())?.reason).toBe(won === 1 || won === 3 ? 1 : 4);
});
