import { expect, test } from 'vitest';
import type { Account } from '../../src/protocol/account.ts';
import type { OrderId } from '../../src/protocol/ids.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { refusalOf } from './refusal.ts';
import type { World } from './world.ts';
import { createWorld, DAY, dns, newCsr, newReadyOrder, newTestAccount, START, verdict } from './world.ts';

const never = new AbortController().signal;

/** An order of each kind, all of one account, and after them the newest of all, which stays for its ids. */
async function createOrders(world: World, account: Account) {
  const { registration } = world;
  const newOrder = async () => {
    const { order } = await registration.newOrder(account, { identifiers: dns('pending.example.com') });
    return order.id;
  };
  const pending = await newOrder();
  const ready = (await newReadyOrder(world, account)).order.id;
  const issued = await newIssuedOrder(world, account);
  await newIssuedOrder(world, account);
  return { pending, ready, issued };
}

async function newIssuedOrder({ registration, ...world }: World, account: Account): Promise<OrderId> {
  const { order } = await newReadyOrder({ registration, ...world }, account);
  await registration.finalize(account, order.id, await newCsr(order.identifiers));
  return order.id;
}

/** The statuses of the orders that can still be read. What cannot must be refused as what never was. */
async function statuses(
  { registration }: World,
  account: Account,
  orders: Readonly<Record<string, OrderId>>,
): Promise<Readonly<Record<string, string>>> {
  const seen: Record<string, string> = {};
  for (const [name, id] of Object.entries(orders)) {
    try {
      seen[name] = (await registration.order(account, id)).status;
    } catch (error) {
      expect(error).toMatchObject({ code: 'malformed', status: 404 });
    }
  }
  return seen;
}

test('sweeps each order when the keep time after its last end is over: order, authorization, certificate', async () => {
  const world = await createWorld({ config: { keepExpiredMs: 10 * DAY } });
  const account = await newTestAccount(world);
  const orders = await createOrders(world, account);
  const sweepAt = async (now: number) => {
    world.levers.now = now;
    const swept = await world.registration.sweepExpired(now, never);
    return [swept, await statuses(world, account, orders)];
  };
  expect(await sweepAt(START + 17 * DAY - 1)).toEqual([
    0,
    { pending: 'invalid', ready: 'invalid', issued: 'valid' },
  ]);
  expect(await sweepAt(START + 17 * DAY)).toEqual([1, { ready: 'invalid', issued: 'valid' }]);
  expect(await sweepAt(START + 40 * DAY)).toEqual([1, { issued: 'valid' }]);
  expect(await sweepAt(START + 100 * DAY - 1)).toEqual([0, { issued: 'valid' }]);
  expect(await sweepAt(START + 100 * DAY)).toEqual([1, {}]);
  expect(await world.registration.findAccount(account.id)).toEqual(account);
});

test('an unexpired certificate can be revoked after its order and authorizations have expired and sweeps have passed', async () => {
  const world = await createWorld({ config: { keepExpiredMs: 0 } });
  const account = await newTestAccount(world);
  const { issued } = await createOrders(world, account);
  world.levers.now = START + 89 * DAY;
  await world.registration.sweepExpired(world.levers.now, never);
  const { order } = await world.registration.order(account, issued);
  if (order.certificateId === undefined) throw new Error('A valid order has a certificate.');
  const { der } = await world.registration.certificate(account, order.certificateId);
  await world.registration.revoke({ by: 'account', account }, der, 4);
});

test('sweeps in small commits with pauses between them, and ends after the commit under way when told to', async () => {
  const pauses: number[] = [];
  const abort = new AbortController();
  const world = await createWorld({
    config: { keepExpiredMs: 0 },
    timer: {
      ...systemTimer,
      after: (milliseconds, action) => {
        pauses.push(milliseconds);
        return systemTimer.after(0, pauses.length === 2 ? () => abort.abort() : action);
      },
    },
  });
  const account = await newTestAccount(world);
  for (let count = 0; count < 91; count += 1)
    await world.registration.newOrder(account, { identifiers: dns('example.com') });
  expect(await world.registration.sweepExpired(START + 7 * DAY, abort.signal)).toBe(50);
  expect(await world.registration.sweepExpired(START + 7 * DAY, never)).toBe(40);
  expect(pauses).toEqual([25, 25, 25]);
});

test('an order that is swept while its certificate is signed is refused as one that is not there', async () => {
  const world = await createWorld({ config: { keepExpiredMs: 0 } });
  const account = await newTestAccount(world);
  const { ready } = await createOrders(world, account);
  const csr = await newCsr(dns('example.com'));
  world.levers.beforeSigning = async () => {
    world.levers.now = START + 30 * DAY;
    expect(await world.registration.sweepExpired(world.levers.now, never)).toBe(2);
  };
  const refused = await refusalOf(world.registration.finalize(account, ready, csr));
  expect(refused).toMatchObject({ code: 'malformed', status: 404 });
  expect(world.logged).toHaveLength(1);
});

test('a challenge that is swept during its validation is forgotten without an error', async () => {
  const world = await createWorld({ config: { keepExpiredMs: 0 } });
  const account = await newTestAccount(world);
  const { order } = await world.registration.newOrder(account, { identifiers: dns('example.com') });
  await world.registration.newOrder(account, { identifiers: dns('newest.example.com') });
  world.levers.validate = async (question) => {
    world.levers.now = START + 7 * DAY;
    expect(await world.registration.sweepExpired(world.levers.now, never)).toBe(1);
    return verdict(question);
  };
  const [authorizationId] = order.authorizationIds;
  if (authorizationId === undefined) throw new Error('An order has authorizations.');
  const [challenge] = (await world.registration.authorization(account, authorizationId)).challenges;
  if (challenge === undefined) throw new Error('An authorization has challenges.');
  await world.registration.respondToChallenge(account, challenge.id);
  await world.registration.idle();
  expect(world.logged).toEqual(['The challenge was decided otherwise before its validation ended.']);
  for (const attempt of [
    world.registration.respondToChallenge(account, challenge.id),
    world.registration.deactivateAuthorization(account, authorizationId),
  ])
    expect(await refusalOf(attempt)).toMatchObject({ code: 'malformed', status: 404 });
});

test('an authorization that expires during its validation does not become valid, and its order is invalid', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  world.levers.validate = async (question) => {
    world.levers.now = START + 7 * DAY;
    return verdict(question);
  };
  const { order, status } = await newReadyOrder(world, account);
  expect(status).toBe('invalid');
  const refused = await refusalOf(
    world.registration.finalize(account, order.id, await newCsr(dns('example.com'))),
  );
  expect(refused).toMatchObject({ code: 'orderNotReady', status: 403 });
});
