import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { AcmeError } from '../../src/protocol/acme-error.ts';
import { refusalOf } from './refusal.ts';
import { createWorld, DAY, dns, newCsr, newKey, newReadyOrder, newTestAccount, START } from './world.ts';

const NAMES = dns('example.com');

test('signs for a ready order and answers it valid, with a certificate that can be downloaded', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order, status } = await newReadyOrder(world, account);
  expect(status).toBe('ready');
  const finalized = await world.registration.finalize(account, order.id, await newCsr(NAMES));
  expect(finalized.status).toBe('valid');
  expect(await world.registration.order(account, order.id)).toEqual(finalized);
  const { certificateId } = finalized.order;
  if (certificateId === undefined) throw new Error('A valid order has a certificate.');
  const certificate = await world.registration.certificate(account, certificateId);
  expect(certificate).toMatchObject({ orderId: order.id, accountId: account.id, identifiers: NAMES });
  expect(new X509Certificate(certificate.chainPem).raw).toEqual(Buffer.from(certificate.der));
});

test('finalizes a wildcard together with its base name', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const identifiers = dns('*.example.com', 'example.com');
  const { order, status } = await newReadyOrder(world, account, identifiers);
  expect(status).toBe('ready');
  const finalized = await world.registration.finalize(account, order.id, await newCsr(identifiers));
  expect(finalized.status).toBe('valid');
});

test('issues one certificate for 50 racing finalize requests, and tells the others to wait or download', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  const csr = await newCsr(NAMES);
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () => world.registration.finalize(account, order.id, csr)),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    expect(result.reason).toMatchObject({ code: 'orderNotReady', status: 403 });
  }
  expect(world.signed()).toBe(1);
});

test('does not sign again for a request that saw the order before another one finalized it', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  const csr = await newCsr(NAMES);
  const late: (() => void)[] = [];
  let reads = 0;
  const registration = world.again({
    store: {
      ...world.store,
      findOrder: async (id) => {
        reads += 1;
        const first = reads === 1;
        const found = await world.store.findOrder(id);
        if (first) await new Promise<void>((resolve) => late.push(resolve));
        return found;
      },
    },
  });
  const slow = refusalOf(registration.finalize(account, order.id, csr));
  await registration.finalize(account, order.id, csr);
  for (const goOn of late) goOn();
  expect(await slow).toMatchObject({ code: 'orderNotReady', status: 403 });
  expect(world.signed()).toBe(1);
});

test('shows an order that is being signed for as processing, and refuses a second finalize with that word', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  const csr = await newCsr(NAMES);
  let during: unknown;
  let second: unknown;
  world.levers.beforeSigning = async () => {
    world.levers.beforeSigning = async () => undefined;
    during = (await world.registration.order(account, order.id)).status;
    second = await refusalOf(world.registration.finalize(account, order.id, csr));
  };
  await world.registration.finalize(account, order.id, csr);
  expect(during).toBe('processing');
  expect(second).toMatchObject({ code: 'orderNotReady', status: 403 });
  expect(second).toHaveProperty('detail', expect.stringContaining('being finalized by another request'));
});

test('refuses an order that is pending, valid, invalid or expired with orderNotReady and what to do', async () => {
  const world = await createWorld();
  const { registration } = world;
  const account = await newTestAccount(world);
  const csr = await newCsr(NAMES);
  const notReady = { code: 'orderNotReady', status: 403 };

  const pending = await registration.newOrder(account, { identifiers: NAMES });
  const whilePending = await refusalOf(registration.finalize(account, pending.order.id, csr));
  expect(whilePending).toMatchObject(notReady);
  expect(whilePending.detail).toMatch(
    /is pending: the authorization authz_\d+ for example\.com is not valid yet/,
  );

  const ready = await newReadyOrder(world, account);
  await registration.finalize(account, ready.order.id, csr);
  const whenValid = await refusalOf(registration.finalize(account, ready.order.id, csr));
  expect(whenValid).toMatchObject(notReady);
  expect(whenValid.detail).toContain('has its certificate already');

  const [authorizationId] = pending.order.authorizationIds;
  if (authorizationId === undefined) throw new Error('An order has authorizations.');
  await registration.deactivateAuthorization(account, authorizationId);
  const whenInvalid = await refusalOf(registration.finalize(account, pending.order.id, csr));
  expect(whenInvalid).toMatchObject(notReady);
  expect(whenInvalid.detail).toMatch(
    /is invalid: the authorization authz_\d+ for example\.com is deactivated/,
  );

  const expiring = await newReadyOrder(world, account);
  world.levers.now = START + 7 * DAY;
  const whenExpired = await refusalOf(registration.finalize(account, expiring.order.id, csr));
  expect(whenExpired).toMatchObject(notReady);
  expect(whenExpired.detail).toContain('it has expired');
  expect(world.signed()).toBe(1);
});

test('refuses a bad CSR, leaves the order ready, and takes a better one', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  const good = await newCsr(NAMES);
  const damaged = Uint8Array.from(good);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  const bad = [
    new Uint8Array(),
    new TextEncoder().encode('no CSR'),
    damaged,
    await newCsr(dns('example.com', 'example.org')),
    await newCsr(dns('example.org')),
  ];
  for (const csr of bad) {
    const refused = await refusalOf(world.registration.finalize(account, order.id, csr));
    expect(refused).toMatchObject({ code: 'badCSR', status: 400 });
    expect((await world.registration.order(account, order.id)).status).toBe('ready');
  }
  expect(world.signed()).toBe(0);
  expect((await world.registration.finalize(account, order.id, good)).status).toBe('valid');
});

test('refuses the key of any account as the key of a certificate', async () => {
  const world = await createWorld();
  const [ownKey, otherKey] = [await newKey(), await newKey()];
  const { account } = await world.registration.newAccount(ownKey, {});
  const other = await world.registration.newAccount(otherKey, {});
  await world.registration.deactivateAccount(other.account);
  const { order } = await newReadyOrder(world, account);
  for (const { keys } of [ownKey, otherKey]) {
    const csr = await newCsr(NAMES, keys);
    const refused = await refusalOf(world.registration.finalize(account, order.id, csr));
    expect(refused).toMatchObject({ code: 'badCSR', status: 400 });
    expect((await world.registration.order(account, order.id)).status).toBe('ready');
  }
  expect(world.signed()).toBe(0);
  expect((await world.registration.finalize(account, order.id, await newCsr(NAMES))).status).toBe('valid');
});

test('passes on the validity that the order asks for, and refuses it when it is over', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const asked = { notBefore: '2026-01-15T12:00:00Z', notAfter: '2026-01-16T00:00:00Z' };
  const [first, second] = [await readyOrder(), await readyOrder()];
  const { certificateId } = (await world.registration.finalize(account, first, await newCsr(NAMES))).order;
  if (certificateId === undefined) throw new Error('A valid order has a certificate.');
  expect(await world.registration.certificate(account, certificateId)).toMatchObject({
    notBefore: Date.parse(asked.notBefore),
    notAfter: Date.parse(asked.notAfter),
  });
  world.levers.now = START + DAY;
  const refused = await refusalOf(world.registration.finalize(account, second, await newCsr(NAMES)));
  expect(refused).toMatchObject({ code: 'malformed', status: 400 });
  expect(world.signed()).toBe(1);

  async function readyOrder() {
    return (await newReadyOrder(world, account, NAMES, asked)).order.id;
  }
});

test('leaves the order ready when our signer fails, and signs at the next request', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  const csr = await newCsr(NAMES);
  world.levers.beforeSigning = () => Promise.reject(new Error('secret cause'));
  const refused = await refusalOf(world.registration.finalize(account, order.id, csr));
  expect(refused).toMatchObject({ code: 'serverInternal', status: 500 });
  expect(refused.detail).not.toContain('secret cause');
  expect(refused.error.cause).toMatchObject({ message: 'secret cause' });
  expect((await world.registration.order(account, order.id)).status).toBe('ready');
  world.levers.beforeSigning = async () => undefined;
  expect((await world.registration.finalize(account, order.id, csr)).status).toBe('valid');
});

test('leaves the order ready when the store fails, and gives no certificate out', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  const failing = world.again({
    store: { ...world.store, recordIssuance: () => Promise.reject(new Error('disk full')) },
  });
  const refused = await refusalOf(failing.finalize(account, order.id, await newCsr(NAMES)));
  expect(refused).toMatchObject({ code: 'serverInternal', status: 500 });
  expect((await failing.order(account, order.id)).status).toBe('ready');
});

test('fails the order for good when the issuer refuses for good', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  world.levers.beforeSigning = () =>
    Promise.reject(new AcmeError('rejectedIdentifier', 'Never for this name.'));
  const refused = await refusalOf(world.registration.finalize(account, order.id, await newCsr(NAMES)));
  expect(refused.code).toBe('rejectedIdentifier');
  const failed = await world.registration.order(account, order.id);
  expect(failed).toMatchObject({ status: 'invalid', order: { problem: { code: 'rejectedIdentifier' } } });
  const again = await refusalOf(world.registration.finalize(account, order.id, await newCsr(NAMES)));
  expect(again).toMatchObject({ code: 'orderNotReady', status: 403 });
});

test('keeps no certificate when the account is deactivated during signing', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  world.levers.beforeSigning = async () => {
    await world.registration.deactivateAccount(account);
  };
  const refused = await refusalOf(world.registration.finalize(account, order.id, await newCsr(NAMES)));
  expect(refused).toMatchObject({ code: 'unauthorized', status: 401 });
  expect((await world.registration.order(account, order.id)).order.certificateId).toBeUndefined();
  expect(world.logged).toHaveLength(1);
});

test('keeps no certificate when an authorization is deactivated during signing', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  world.levers.beforeSigning = async () => {
    for (const id of order.authorizationIds) await world.registration.deactivateAuthorization(account, id);
  };
  const refused = await refusalOf(world.registration.finalize(account, order.id, await newCsr(NAMES)));
  expect(refused).toMatchObject({ code: 'orderNotReady', status: 403 });
  expect(await world.registration.order(account, order.id)).toMatchObject({ status: 'invalid' });
});

test('refuses to finalize for an account that was deactivated before', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  await world.registration.deactivateAccount(account);
  const refused = await refusalOf(world.registration.finalize(account, order.id, await newCsr(NAMES)));
  expect(refused).toMatchObject({ code: 'unauthorized', status: 401 });
});
