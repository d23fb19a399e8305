import { expect, test } from 'vitest';
import type { OrderWithAuthorizations, Store } from '../../src/store/store.ts';
import type { CurrentStore } from './store-fixtures.ts';
import {
  challengeIds,
  createAccount,
  createOrder,
  createReadyOrder,
  HOUR,
  NOW,
  newCertificate,
  PROBLEM,
  present,
  validationOutcome,
} from './store-fixtures.ts';

/** When the fixtures' orders end: at their expiry, with their valid authorizations, with their certificates. */
const ORDER_ENDS = NOW + 24 * HOUR;
const VALID_ENDS = NOW + 720 * HOUR;
const CERTIFICATE_ENDS = NOW + 2160 * HOUR;
const LONG_AFTER = NOW + 1_000_000 * HOUR;

const PLENTY = 1_000;

/** What a sweep removes, what it leaves, and that nothing is given a second meaning. */
export function describeSweep(store: CurrentStore): void {
  describeWhatGoes(store);
  describeWhatStays(store);
  describeBatches(store);
}

function describeWhatGoes(store: CurrentStore): void {
  test('an expired order is swept with its authorizations and challenges, from its last millisecond on', async () => {
    const swept = await createOrder(store(), ['a.example.com', '*.example.com']);
    await createOrder(store(), ['newest.example.com'], swept.order.accountId);
    expect(await store().sweep(ORDER_ENDS - 1, PLENTY)).toEqual({ orders: 0, complete: true });
    expect(await isWhole(store(), swept)).toBe(true);
    expect(await store().sweep(ORDER_ENDS, PLENTY)).toEqual({ orders: 1, complete: true });
    expect(await isGone(store(), swept)).toBe(true);
    expect(await store().findOrdersByIdentifier('example.com', 9)).toEqual([]);
  });

  test('an order with a valid authorization is swept when that has expired, a failed one at its expiry', async () => {
    const ready = await createReadyOrder(store());
    const failed = await createOrder(store(), ['failed.example.com'], ready.order.accountId);
    await store().failOrder(failed.order.id, PROBLEM);
    const [challenge] = challengeIds(failed.authorizations[0]);
    await store().claimChallenge(challenge, NOW);
    await store().recordValidation(validationOutcome(challenge, false), NOW);
    await createOrder(store(), ['newest.example.com'], ready.order.accountId);
    expect(await store().sweep(VALID_ENDS - 1, PLENTY)).toEqual({ orders: 1, complete: true });
    expect([await isWhole(store(), ready), await isGone(store(), failed)]).toEqual([true, true]);
    expect(await store().sweep(VALID_ENDS, PLENTY)).toEqual({ orders: 1, complete: true });
    expect(await isGone(store(), ready)).toBe(true);
  });

  test('a certificate goes with its order when it has expired, revoked or not', async () => {
    const [first, second] = [await createIssuedOrder(store(), '01'), await createIssuedOrder(store(), '02')];
    await store().revokeCertificate(first.certificate.id, 4, NOW);
    await createIssuedOrder(store(), '03');
    for (const { made } of [first, second]) expect(await isWhole(store(), made)).toBe(true);
    expect(await store().sweep(CERTIFICATE_ENDS, PLENTY)).toEqual({ orders: 2, complete: true });
    for (const { made, certificate } of [first, second]) {
      expect(await isGone(store(), made)).toBe(true);
      expect(await store().findCertificate(certificate.id)).toBeUndefined();
      expect(await store().findCertificateBySerial(certificate.serial)).toBeUndefined();
    }
  });
}

function describeWhatStays(store: CurrentStore): void {
  test('an order whose certificate has not expired stays whole, and can be read and revoked', async () => {
    const { made, certificate } = await createIssuedOrder(store(), '01');
    await createIssuedOrder(store(), '02');
    for (const endedBy of [ORDER_ENDS, VALID_ENDS, CERTIFICATE_ENDS - 1])
      expect(await store().sweep(endedBy, PLENTY)).toEqual({ orders: 0, complete: true });
    expect(await isWhole(store(), made)).toBe(true);
    expect(await store().findCertificateBySerial('01')).toEqual(certificate);
    expect(await store().revokeCertificate(certificate.id, 4, NOW)).toBe(true);
  });

  test('accounts stay', async () => {
    const { order } = await createOrder(store());
    await createOrder(store(), ['newest.example.com'], order.accountId);
    const account = await store().findAccount(order.accountId);
    await store().sweep(LONG_AFTER, PLENTY);
    expect(await store().findAccount(order.accountId)).toEqual(account);
  });

  test('ids are not given again, whatever was swept', async () => {
    const account = await createAccount(store());
    const made = [
      (await createIssuedOrder(store(), '01')).made,
      await createOrder(store(), ['a.example.com'], account.id),
    ];
    await store().sweep(LONG_AFTER, PLENTY);
    const next = await createIssuedOrder(store(), '02');
    const idsOf = ({ order, authorizations }: OrderWithAuthorizations) => [
      `order ${order.id}`,
      ...authorizations.map(({ id }) => `authorization ${id}`),
      ...authorizations.flatMap(({ challenges }) => challenges.map(({ id }) => `challenge ${id}`)),
    ];
    const before = new Set(made.flatMap(idsOf));
    expect(idsOf(next.made).filter((id) => before.has(id))).toEqual([]);
    expect(next.certificate.id).toBe(2);
  });

  test('what is swept between a request and its change is as what never was: nothing dangles, nothing throws', async () => {
    const ready = await createReadyOrder(store());
    const open = await createOrder(store(), ['open.example.com'], ready.order.accountId);
    const [processing, pending] = challengeIds(open.authorizations[0]);
    await store().claimChallenge(processing, NOW);
    await createOrder(store(), ['newest.example.com'], ready.order.accountId);
    const outcomes = await Promise.all([
      store().sweep(VALID_ENDS, PLENTY),
      store().recordIssuance(newCertificate(ready, '01'), NOW),
      store().failOrder(ready.order.id, PROBLEM),
      store().recordValidation(validationOutcome(processing, true), NOW),
      store().claimChallenge(pending, NOW),
      store().deactivateAuthorization(present(open.authorizations[0]).id, NOW),
    ]);
    expect(outcomes).toEqual([{ orders: 2, complete: true }, undefined, false, false, false, undefined]);
    expect(await store().findCertificateBySerial('01')).toBeUndefined();
    expect(await store().findInterruptedChallenges()).toEqual([]);
  });
}

function describeBatches(store: CurrentStore): void {
  test('one batch removes about as many authorizations as asked, and says whether something is left', async () => {
    const { id } = await createAccount(store());
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await createOrder(store(), [`${name}.example.com`, `*.${name}.example.com`], id);
    await createOrder(store(), ['newest.example.com'], id);
    expect(await store().sweep(ORDER_ENDS, 3)).toEqual({ orders: 2, complete: false });
    expect(await store().sweep(ORDER_ENDS, 3)).toEqual({ orders: 2, complete: false });
    // The newest was looked at too, which ended the batch.
    expect(await store().sweep(ORDER_ENDS, 3)).toEqual({ orders: 1, complete: false });
    expect(await store().sweep(ORDER_ENDS, 3)).toEqual({ orders: 0, complete: true });
  });

  test('orders that stay are looked at once, and again when they have ended', async () => {
    const issued = await createIssuedOrder(store(), '01');
    await createIssuedOrder(store(), '02');
    await createOrder(store(), ['newest.example.com'], issued.made.order.accountId);
    expect(await store().sweep(ORDER_ENDS, 2)).toEqual({ orders: 0, complete: false });
    expect(await store().sweep(ORDER_ENDS, 2)).toEqual({ orders: 0, complete: true });
    expect(await store().sweep(CERTIFICATE_ENDS - 1, 2)).toEqual({ orders: 0, complete: true });
    expect(await store().sweep(CERTIFICATE_ENDS, 2)).toEqual({ orders: 1, complete: false });
    expect(await isGone(store(), issued.made)).toBe(true);
  });
}

async function createIssuedOrder(store: Store, serial: string) {
  const { id } = await createAccount(store);
  const made = await createReadyOrder(store, ['issued.example.com'], id);
  const certificate = present(await store.recordIssuance(newCertificate(made, serial), NOW));
  return { made, certificate };
}

/** How many of the order, its authorizations and their challenges are found. */
async function found(store: Store, { order, authorizations }: OrderWithAuthorizations) {
  const parts = await Promise.all([
    store.findOrder(order.id),
    ...authorizations.map(({ id }) => store.findAuthorization(id)),
    ...authorizations.flatMap(({ challenges }) => challenges.map(({ id }) => store.findChallenge(id))),
  ]);
  return { all: parts.length, there: parts.filter((part) => part !== undefined).length };
}

async function isWhole(store: Store, made: OrderWithAuthorizations): Promise<boolean> {
  const { all, there } = await found(store, made);
  return all === there;
}

async function isGone(store: Store, made: OrderWithAuthorizations): Promise<boolean> {
  return (await found(store, made)).there === 0;
}
