import { expect, test } from 'vitest';
import type { CurrentStore } from './store-fixtures.ts';
import {
  challengeIds,
  createAccount,
  createOrder,
  createReadyOrder,
  NOW,
  newAccount,
  newCertificate,
  PROBLEM,
  present,
  race,
  storedOrder,
  validationOutcome,
} from './store-fixtures.ts';

const RACERS = 50;

/** Of racing calls exactly one wins, and all are told the truth about it. */
export function describeRaces(store: CurrentStore): void {
  test('of 50 that create an account with one key, one does, and all get it', async () => {
    const outcomes = await race(RACERS, () => store().createAccount(newAccount('anna'), NOW));
    expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(outcomes.map(({ account }) => account.id)).size).toBe(1);
  });

  test('of 50 that claim a challenge, one does', async () => {
    const [id] = challengeIds((await createOrder(store())).authorizations[0]);
    expect(winners(await race(RACERS, () => store().claimChallenge(id, NOW)))).toBe(1);
  });

  test('of 50 outcomes of one challenge, the first is kept', async () => {
    const [id] = challengeIds((await createOrder(store())).authorizations[0]);
    await store().claimChallenge(id, NOW);
    const outcomes = await race(RACERS, (index) =>
      store().recordValidation(validationOutcome(id, index % 2 === 1), NOW),
    );
    expect(outcomes.indexOf(true)).toBe(0);
    expect(winners(outcomes)).toBe(1);
    const found = present(await store().findChallenge(id));
    expect([found.challenge.status, found.authorization.storedStatus]).toEqual(['invalid', 'invalid']);
  });

  test('of 50 certificates for one order, one is kept, and the order names it', async () => {
    const ready = await createReadyOrder(store());
    const outcomes = await race(RACERS, (index) =>
      store().recordIssuance(newCertificate(ready, `${10 + index}`), NOW),
    );
    const kept = outcomes.filter((certificate) => certificate !== undefined);
    expect(kept).toHaveLength(1);
    expect((await storedOrder(store(), ready.order.id)).order.certificateId).toBe(kept[0]?.id);
    const stored = await race(RACERS, (index) => store().findCertificateBySerial(`${10 + index}`));
    expect(stored.filter((certificate) => certificate !== undefined)).toEqual(kept);
  });

  test('of an issuance and a failure of one order, the first is kept', async () => {
    const ready = await createReadyOrder(store());
    const [issued, failed] = await Promise.all([
      store().recordIssuance(newCertificate(ready, '01'), NOW),
      store().failOrder(ready.order.id, PROBLEM),
    ]);
    expect([issued !== undefined, failed]).toEqual([true, false]);
  });

  test('of 50 revocations of one certificate, one wins', async () => {
    const ready = await createReadyOrder(store());
    const { id } = present(await store().recordIssuance(newCertificate(ready, '01'), NOW));
    const outcomes = await race(RACERS, (index) => store().revokeCertificate(id, 4, NOW + index));
    expect(outcomes.indexOf(true)).toBe(0);
    expect(winners(outcomes)).toBe(1);
    expect((await store().findCertificate(id))?.revocation?.at).toBe(NOW);
  });

  test('of 50 deactivations of one account, one wins', async () => {
    const { id } = await createAccount(store());
    const outcomes = await race(RACERS, () => store().deactivateAccount(id));
    expect(outcomes.filter((account) => account !== undefined)).toHaveLength(1);
  });

  test('a deactivation that comes before a claim in the same turn defeats it, and one that comes after does not', async () => {
    const { order, authorizations } = await createOrder(store(), [
      'a.example.com',
      'b.example.com',
      'c.example.com',
    ]);
    const [a, b, c] = authorizations;
    const outcomes = await Promise.all([
      store().claimChallenge(challengeIds(a)[0], NOW),
      store().deactivateAuthorization(present(b).id, NOW),
      store().claimChallenge(challengeIds(b)[0], NOW),
      store().deactivateAccount(order.accountId),
      store().claimChallenge(challengeIds(c)[0], NOW),
    ]);
    expect(outcomes.map(Boolean)).toEqual([true, true, false, true, false]);
  });

  test('writes happen in the order of their calls', async () => {
    const { id } = await createAccount(store());
    await race(RACERS, (index) => store().updateContacts(id, [`mailto:${index}@example.com`]));
    expect((await store().findAccount(id))?.contacts).toEqual([`mailto:${RACERS - 1}@example.com`]);
  });
}

function winners(outcomes: readonly boolean[]): number {
  return outcomes.filter(Boolean).length;
}
