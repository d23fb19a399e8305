import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  AccountId,
  AuthorizationId,
  CertificateId,
  ChallengeId,
  OrderId,
} from '../../src/protocol/ids.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeRaces } from './contract-races.ts';
import { describeSweep } from './contract-sweep.ts';
import { describeTransitions } from './contract-transitions.ts';
import type { CurrentStore } from './store-fixtures.ts';
import {
  challengeIds,
  createAccount,
  createOrder,
  createReadyOrder,
  dns,
  HOUR,
  NOW,
  newAccount,
  newCertificate,
  newOrder,
  PROBLEM,
  present,
  storedOrder,
  validationOutcome,
} from './store-fixtures.ts';

const ACCOUNT_URL = 'https://ca.example.test/acme/account/acct_1';

/** Opens the store that lives in the folder, and makes it when the folder is empty. */
export type OpenStore = (folder: string) => Promise<Store>;

/** What any store must do: every operation, every transition, races and a restart. */
export function describeStore(name: string, open: OpenStore): void {
  describe(name, () => {
    let store: Store;
    let folder: string;
    beforeEach(async () => {
      folder = temporaryFolder();
      store = await open(folder);
    });
    afterEach(() => store.close());

    describeAccounts(() => store);
    describeOrders(() => store);
    describeAuthorizations(() => store);
    describeChallenges(() => store);
    describeCertificates(() => store);
    describeTransitions(() => store);
    describeRaces(() => store);
    describeSweep(() => store);

    test('keeps everything over a restart', async () => {
      const before = await createReadyOrder(store, ['a.example.com', '*.example.com']);
      const certificate = await store.recordIssuance(newCertificate(before, '0a'), NOW);
      await store.revokeCertificate(present(certificate).id, 4, NOW + 9);
      const failed = await createOrder(store, ['b.example.com'], before.order.accountId);
      await store.failOrder(failed.order.id, PROBLEM);
      const [interrupted] = challengeIds(failed.authorizations[0]);
      await store.claimChallenge(interrupted, NOW, ACCOUNT_URL);
      const state = async () => ({
        account: await store.findAccount(before.order.accountId),
        orders: await store.findOrdersByIdentifier('example.com', 9),
        failed: await store.findOrder(failed.order.id),
        certificate: await store.findCertificateBySerial('0a'),
        interrupted: await store.findInterruptedChallenges(),
        challenge: await store.findChallenge(interrupted),
      });
      const kept = await state();
      await store.close();
      store = await open(folder);
      expect(await state()).toEqual(kept);
      expect(kept.orders).toHaveLength(1);
      expect(kept.interrupted).toEqual([{ challengeId: interrupted, accountId: before.order.accountId }]);
      expect(kept.challenge?.challenge.accountUrl).toBe(ACCOUNT_URL);
      expect(kept.certificate?.revocation).toEqual({ reason: 4, at: NOW + 9 });
    });

    test('commits what is under way before it closes, and refuses what comes after', async () => {
      const underWay = store.createAccount(newAccount('anna'), NOW);
      await store.close();
      const { account } = await underWay;
      await expect(store.createAccount(newAccount('bert'), NOW)).rejects.toThrow(/closed/);
      await expect(store.findAccount(account.id)).rejects.toThrow(/closed/);
      await store.close();
      store = await open(folder);
      expect(await store.findAccount(account.id)).toEqual(account);
    });

    test('undoes an operation that throws, and it alone', async () => {
      const [anna, carl] = await Promise.all([createAccount(store), createAccount(store, 'carl')]);
      const broken = {
        ...newOrder(anna.id, [dns('a.example.com'), dns('b.example.com')]),
        authorizations: [],
      };
      const outcomes = await Promise.allSettled([
        store.createOrder(newOrder(anna.id, [dns('before.example.com')]), NOW),
        store.createOrder(broken, NOW),
        store.createOrder(newOrder(carl.id, [dns('after.example.com')]), NOW),
      ]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await store.findOrdersByIdentifier('before.example.com', 9)).toHaveLength(1);
      expect(await store.findOrdersByIdentifier('a.example.com', 9)).toHaveLength(0);
      expect(await store.findOrdersByIdentifier('after.example.com', 9)).toHaveLength(1);
    });
  });
}

function describeAccounts(store: CurrentStore): void {
  test('an account comes back as it was made, by id and by thumbprint', async () => {
    const { account, created } = await store().createAccount(newAccount('anna'), NOW);
    expect(created).toBe(true);
    expect(account).toEqual({ ...newAccount('anna'), id: account.id, status: 'valid', createdAt: NOW });
    expect(await store().findAccount(account.id)).toEqual(account);
    expect(await store().findAccountByThumbprint('thumbprint of anna')).toEqual(account);
  });

  test('what is not there is undefined', async () => {
    const s = store();
    expect(await s.findAccount(99 as AccountId)).toBeUndefined();
    expect(await s.findAccountByThumbprint('none')).toBeUndefined();
    expect(await s.findOrder(99 as OrderId)).toBeUndefined();
    expect(await s.findAuthorization(99 as AuthorizationId)).toBeUndefined();
    expect(await s.findChallenge(99 as ChallengeId)).toBeUndefined();
    expect(await s.findCertificate(99 as CertificateId)).toBeUndefined();
    expect(await s.findCertificateBySerial('99')).toBeUndefined();
    expect(await s.updateContacts(99 as AccountId, [])).toBeUndefined();
    expect(await s.deactivateAccount(99 as AccountId)).toBeUndefined();
    expect(await s.createOrder(newOrder(99 as AccountId, [dns('a.example.com')]), NOW)).toBeUndefined();
    expect(await s.claimChallenge(99 as ChallengeId, NOW)).toBe(false);
    expect(await s.recordValidation(validationOutcome(99 as ChallengeId, true), NOW)).toBe(false);
    expect(await s.deactivateAuthorization(99 as AuthorizationId, NOW)).toBeUndefined();
    expect(await s.failOrder(99 as OrderId, PROBLEM)).toBe(false);
    expect(await s.revokeCertificate(99 as CertificateId, 0, NOW)).toBe(false);
  });

  test('a key that has an account finds it unchanged, also when it is deactivated', async () => {
    const account = await createAccount(store());
    await store().deactivateAccount(account.id);
    const again = await store().createAccount({ ...newAccount('anna'), contacts: [] }, NOW + 1);
    expect(again).toEqual({ account: { ...account, status: 'deactivated' }, created: false });
  });

  test('contacts are replaced while the account is valid, and not after', async () => {
    const account = await createAccount(store());
    const changed = { ...account, contacts: ['mailto:b@example.com', 'mailto:c@example.com'] };
    expect(await store().updateContacts(account.id, changed.contacts)).toEqual(changed);
    expect(await store().findAccount(account.id)).toEqual(changed);
    await store().deactivateAccount(account.id);
    expect(await store().updateContacts(account.id, [])).toBeUndefined();
    expect((await store().findAccount(account.id))?.contacts).toEqual(changed.contacts);
  });
}

function describeOrders(store: CurrentStore): void {
  test('an order comes back with its identifiers, authorizations and challenges in their order', async () => {
    const { id: accountId } = await createAccount(store());
    const identifiers = [
      dns('z.example.com'),
      dns('*.a.example.com'),
      { type: 'ip', value: '2001:db8::1' } as const,
    ];
    const request = { ...newOrder(accountId, identifiers), notBefore: NOW + 1, notAfter: NOW + 2 };
    const made = present(await store().createOrder(request, NOW));
    const [first, second, third] = made.authorizations;
    expect(made.order).toEqual({
      id: made.order.id,
      accountId,
      identifiers,
      authorizationIds: [first?.id, second?.id, third?.id],
      createdAt: NOW,
      expiresAt: NOW + 24 * HOUR,
      notBefore: NOW + 1,
      notAfter: NOW + 2,
    });
    expect(second).toEqual({
      id: second?.id,
      accountId,
      identifier: dns('a.example.com'),
      wildcard: true,
      storedStatus: 'pending',
      expiresAt: NOW + 12 * HOUR,
      challenges: ['http', 'dns'].map((type, index) => ({
        id: second?.challenges[index]?.id,
        authorizationId: second?.id,
        type: `${type}-01`,
        status: 'pending',
        token: `${type} token of *.a.example.com`,
      })),
    });
    expect(third?.identifier).toEqual({ type: 'ip', value: '2001:db8::1' });
    expect(await store().findOrder(made.order.id)).toEqual(made);
    expect(await store().findAuthorization(present(second).id)).toEqual(second);
  });

  test('an order without an authorization for each identifier is refused: it would be ready at once', async () => {
    const { id } = await createAccount(store());
    await expect(store().createOrder(newOrder(id, []), NOW)).rejects.toThrow(/at least one/);
    const short = { ...newOrder(id, [dns('a.example.com')]), authorizations: [] };
    await expect(store().createOrder(short, NOW)).rejects.toThrow(/for each/);
  });

  test('a deactivated account gets no order', async () => {
    const { id } = await createAccount(store());
    await store().deactivateAccount(id);
    expect(await store().createOrder(newOrder(id, [dns('a.example.com')]), NOW)).toBeUndefined();
    expect(await store().findOrdersByIdentifier('a.example.com', 9)).toEqual([]);
  });

  test('orders are found by a name that they hold, newest first, each once, up to the limit', async () => {
    const first = await createOrder(store(), ['example.com', '*.example.com']);
    const owner = first.order.accountId;
    await createOrder(store(), ['www.example.com'], owner);
    const third = await createOrder(store(), ['*.example.com'], owner);
    const found = async (value: string, limit: number) =>
      (await store().findOrdersByIdentifier(value, limit)).map(({ order }) => order.id);
    expect(await found('example.com', 9)).toEqual([third.order.id, first.order.id]);
    expect(await found('*.example.com', 9)).toEqual([third.order.id, first.order.id]);
    expect(await found('example.com', 1)).toEqual([third.order.id]);
    expect(await found('xample.com', 9)).toEqual([]);
    expect((await store().findOrdersByIdentifier('www.example.com', 9))[0]?.authorizations).toHaveLength(1);
  });
}

function describeAuthorizations(store: CurrentStore): void {
  test('an account holds the authorizations of identifiers when each is its own, valid and unexpired', async () => {
    const { order } = await createReadyOrder(store(), ['a.example.com', '*.b.example.com']);
    const { id: stranger } = await createAccount(store(), 'bert');
    await createOrder(store(), ['pending.example.com'], order.accountId);
    const holds = (names: readonly string[], now = NOW, accountId = order.accountId) =>
      store().holdsAuthorizations(accountId, names.map(dns), now);
    expect(await holds(['a.example.com', '*.b.example.com'])).toBe(true);
    expect(await holds(['a.example.com', 'b.example.com'])).toBe(false);
    expect(await holds(['*.a.example.com'])).toBe(false);
    expect(await holds(['pending.example.com'])).toBe(false);
    expect(await holds(['a.example.com'], NOW, stranger)).toBe(false);
    expect(await holds(['a.example.com'], NOW + 720 * HOUR - 1)).toBe(true);
    expect(await holds(['a.example.com'], NOW + 720 * HOUR)).toBe(false);
    expect(await holds([])).toBe(false);
    expect(
      await store().holdsAuthorizations(order.accountId, [{ type: 'ip', value: 'a.example.com' }], NOW),
    ).toBe(false);
  });

  test('an expired authorization is not deactivated', async () => {
    const { authorizations } = await createOrder(store());
    const { id, expiresAt } = present(authorizations[0]);
    expect(await store().deactivateAuthorization(id, expiresAt)).toBeUndefined();
    const deactivated = await store().deactivateAuthorization(id, expiresAt - 1);
    expect(deactivated).toEqual({ ...authorizations[0], storedStatus: 'deactivated' });
  });
}

function describeChallenges(store: CurrentStore): void {
  test('an order is read without the records and account URLs of its challenges', async () => {
    const made = await createOrder(store(), ['a.example.com']);
    const [id] = challengeIds(made.authorizations[0]);
    await store().claimChallenge(id, NOW, ACCOUNT_URL);
    await store().recordValidation(validationOutcome(id, false), NOW);
    const { challenge } = present(await store().findChallenge(id));
    expect(challenge).toHaveProperty('record');
    const { record: _record, accountUrl, ...rest } = challenge;
    expect(accountUrl).toBe(ACCOUNT_URL);
    const found = present(await store().findOrder(made.order.id));
    expect(found.authorizations[0]?.challenges[0]).toStrictEqual(rest);
    expect(await store().findOrdersByIdentifier('a.example.com', 1)).toStrictEqual([found]);
  });

  test('a validation is kept whole, with its challenge and authorization', async () => {
    const { authorizations } = await createOrder(store(), ['a.example.com', 'b.example.com']);
    const [passing, failing] = [challengeIds(authorizations[0])[0], challengeIds(authorizations[1])[1]];
    for (const id of [passing, failing]) await store().claimChallenge(id, NOW);
    const [passed, failed] = [validationOutcome(passing, true), validationOutcome(failing, false)];
    expect(await store().recordValidation(passed, NOW)).toBe(true);
    expect(await store().recordValidation(failed, NOW)).toBe(true);
    const good = present(await store().findChallenge(passing));
    expect(good.challenge).toMatchObject({ status: 'valid', validatedAt: NOW + 5, record: passed.record });
    expect(good.challenge).not.toHaveProperty('problem');
    expect(good.authorization).toMatchObject({ storedStatus: 'valid', expiresAt: NOW + 720 * HOUR });
    expect(good.authorization.challenges).toContainEqual(good.challenge);
    const bad = present(await store().findChallenge(failing));
    expect(bad.challenge).toMatchObject({ status: 'invalid', problem: PROBLEM, record: failed.record });
    expect(bad.authorization).toMatchObject({ storedStatus: 'invalid', expiresAt: NOW + 12 * HOUR });
    expect(bad.authorization.challenges[0]?.status).toBe('pending');
  });

  test('a challenge is claimed only under a pending, unexpired authorization of a valid account', async () => {
    const { order, authorizations } = await createOrder(store(), ['a.example.com', 'b.example.com']);
    const [first, second] = authorizations;
    const [claimed] = challengeIds(first);
    expect(await store().claimChallenge(claimed, present(first).expiresAt)).toBe(false);
    expect(await store().claimChallenge(claimed, present(first).expiresAt - 1)).toBe(true);
    await store().deactivateAuthorization(present(first).id, NOW);
    expect(await store().claimChallenge(challengeIds(first)[1], NOW)).toBe(false);
    await store().deactivateAccount(order.accountId);
    expect(await store().claimChallenge(challengeIds(second)[0], NOW)).toBe(false);
  });

  test('an authorization that expires during its validation becomes neither valid nor invalid', async () => {
    const made = await createOrder(store(), ['a.example.com', 'b.example.com', 'c.example.com']);
    const { expiresAt } = present(made.authorizations[0]);
    const last = [expiresAt - 1, expiresAt, expiresAt] as const;
    for (const [index, now] of last.entries()) {
      const [id] = challengeIds(made.authorizations[index]);
      expect(await store().claimChallenge(id, expiresAt - 1)).toBe(true);
      expect(await store().recordValidation(validationOutcome(id, index < 2), now)).toBe(true);
    }
    const { authorizations } = await storedOrder(store(), made.order.id);
    const [inTime, passed, failed] = authorizations;
    expect(inTime?.storedStatus).toBe('valid');
    for (const late of [passed, failed]) expect(late).toMatchObject({ storedStatus: 'pending', expiresAt });
    // What became of the attempt is kept all the same.
    expect(passed?.challenges[0]?.status).toBe('valid');
    expect(failed?.challenges[0]?.status).toBe('invalid');
  });

  test('challenges left processing are found, oldest first, with their accounts', async () => {
    const { order, authorizations } = await createOrder(store(), [
      'a.example.com',
      'b.example.com',
      'c.example.com',
    ]);
    const { accountId } = order;
    const [a, b, c] = authorizations.map((authorization) => challengeIds(authorization)[0]);
    for (const id of [c, a, b]) await store().claimChallenge(present(id), NOW);
    await store().recordValidation(validationOutcome(present(b), true), NOW);
    expect(await store().findInterruptedChallenges()).toEqual([
      { challengeId: a, accountId },
      { challengeId: c, accountId },
    ]);
  });
}

function describeCertificates(store: CurrentStore): void {
  test('a certificate comes back as it was made, by id and by serial, and its order names it', async () => {
    const ready = await createReadyOrder(store(), ['a.example.com', '*.example.com']);
    const issued = newCertificate(ready, '00ff');
    const certificate = present(await store().recordIssuance(issued, NOW));
    expect(certificate).toEqual({ ...issued, id: certificate.id });
    expect(await store().findCertificate(certificate.id)).toEqual(certificate);
    expect(await store().findCertificateBySerial('00ff')).toEqual(certificate);
    expect((await storedOrder(store(), ready.order.id)).order.certificateId).toBe(certificate.id);
    expect(await store().revokeCertificate(certificate.id, 1, NOW + 7)).toBe(true);
    const revoked = { ...certificate, revocation: { reason: 1, at: NOW + 7 } };
    expect(await store().findCertificateBySerial('00ff')).toEqual(revoked);
    expect(await store().revokeCertificate(certificate.id, 4, NOW + 8)).toBe(false);
    expect(await store().findCertificate(certificate.id)).toEqual(revoked);
  });

  test('nothing is issued once an authorization has lapsed or was given up, or for another account', async () => {
    const ready = await createReadyOrder(store(), ['a.example.com', 'b.example.com']);
    const refused = async (serial: string, now = NOW, accountId?: AccountId) =>
      expect(await store().recordIssuance(newCertificate(ready, serial, accountId), now)).toBeUndefined();
    const { id: stranger } = await createAccount(store(), 'bert');
    await refused('01', NOW, stranger);
    await refused('02', NOW + 720 * HOUR);
    await store().deactivateAuthorization(present(ready.authorizations[1]).id, NOW);
    await refused('03');
    for (const serial of ['01', '02', '03'])
      expect(await store().findCertificateBySerial(serial)).toBeUndefined();
  });

  test('nothing is issued to an account that was deactivated meanwhile', async () => {
    const ready = await createReadyOrder(store());
    await store().deactivateAccount(ready.order.accountId);
    expect(await store().recordIssuance(newCertificate(ready, '01'), NOW)).toBeUndefined();
  });

  test('a serial that exists is an error and leaves the order as it was', async () => {
    const first = await createReadyOrder(store(), ['a.example.com']);
    const second = await createReadyOrder(store(), ['b.example.com'], first.order.accountId);
    await store().recordIssuance(newCertificate(first, '01'), NOW);
    await expect(store().recordIssuance(newCertificate(second, '01'), NOW)).rejects.toThrow();
    expect(await store().findOrder(second.order.id)).toEqual(second);
    expect(await store().recordIssuance(newCertificate(second, '02'), NOW)).toBeDefined();
  });
}
