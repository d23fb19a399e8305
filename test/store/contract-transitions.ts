import { expect, test } from 'vitest';
import type { AccountStatus } from '../../src/protocol/account.ts';
import type { StoredAuthorizationStatus } from '../../src/protocol/authorization.ts';
import { authorizationStatus } from '../../src/protocol/authorization.ts';
import type { ChallengeStatus } from '../../src/protocol/challenge.ts';
import type { ChallengeId } from '../../src/protocol/ids.ts';
import type { OrderStatus } from '../../src/protocol/order.ts';
import { orderStatus } from '../../src/protocol/order.ts';
import {
  ACCOUNT_TRANSITIONS,
  AUTHORIZATION_TRANSITIONS,
  CHALLENGE_TRANSITIONS,
  isLegalTransition,
  ORDER_TRANSITIONS,
} from '../../src/protocol/transitions.ts';
import type { OrderWithAuthorizations, Store } from '../../src/store/store.ts';
import type { CurrentStore } from './store-fixtures.ts';
import {
  challengeIds,
  createAccount,
  createOrder,
  createReadyOrder,
  NOW,
  newCertificate,
  PROBLEM,
  present,
  storedOrder,
  validationOutcome,
} from './store-fixtures.ts';

/** Tries every pair of RFC 8555 section 7.1.6 that an operation leads to, against the tables in protocol. */
export function describeTransitions(store: CurrentStore): void {
  describeChallengeTransitions(store);
  describeAuthorizationTransitions(store);
  describeAccountTransitions(store);
  describeOrderTransitions(store);
}

type Step<Target> = (store: Store, target: Target) => Promise<unknown>;

function describeChallengeTransitions(store: CurrentStore): void {
  const claim: Step<ChallengeId> = (s, id) => s.claimChallenge(id, NOW);
  const pass: Step<ChallengeId> = (s, id) => s.recordValidation(validationOutcome(id, true), NOW);
  const fail: Step<ChallengeId> = (s, id) => s.recordValidation(validationOutcome(id, false), NOW);
  const reach: Readonly<Record<ChallengeStatus, readonly Step<ChallengeId>[]>> = {
    pending: [],
    processing: [claim],
    valid: [claim, pass],
    invalid: [claim, fail],
  };
  const leadTo = { processing: claim, valid: pass, invalid: fail } as const;
  for (const from of keysOf(reach)) {
    for (const to of keysOf(leadTo)) {
      const legal = isLegalTransition(CHALLENGE_TRANSITIONS, from, to);
      test(`a challenge ${legal ? 'goes' : 'does not go'} from ${from} to ${to}`, async () => {
        const [id] = challengeIds((await createOrder(store())).authorizations[0]);
        for (const step of reach[from]) expect(await step(store(), id)).toBe(true);
        const before = await store().findChallenge(id);
        expect(await leadTo[to](store(), id)).toBe(legal);
        const after = await store().findChallenge(id);
        if (legal) expect(after?.challenge.status).toBe(to);
        else expect(after).toEqual(before);
      });
    }
  }
}

interface OpenAuthorization {
  readonly authorization: OrderWithAuthorizations['authorizations'][number];
  /** Both claimed, so that either can still decide. */
  readonly driving: ChallengeId;
  readonly trying: ChallengeId;
}

function describeAuthorizationTransitions(store: CurrentStore): void {
  const decide =
    (challenge: 'driving' | 'trying', passed: boolean): Step<OpenAuthorization> =>
    (s, target) =>
      s.recordValidation(validationOutcome(target[challenge], passed), NOW);
  const deactivate: Step<OpenAuthorization> = (s, { authorization }) =>
    s.deactivateAuthorization(authorization.id, NOW);
  // `revoked` is not reached by any operation yet.
  const reach: Readonly<
    Record<Exclude<StoredAuthorizationStatus, 'revoked'>, readonly Step<OpenAuthorization>[]>
  > = {
    pending: [],
    valid: [decide('driving', true)],
    invalid: [decide('driving', false)],
    deactivated: [deactivate],
  };
  const leadTo = { valid: decide('trying', true), invalid: decide('trying', false), deactivated: deactivate };
  for (const from of keysOf(reach)) {
    for (const to of keysOf(leadTo)) {
      const legal = isLegalTransition(AUTHORIZATION_TRANSITIONS, from, to);
      test(`an authorization ${legal ? 'goes' : 'does not go'} from ${from} to ${to}`, async () => {
        const authorization = present((await createOrder(store())).authorizations[0]);
        const [driving, trying] = challengeIds(authorization);
        for (const id of [driving, trying]) expect(await store().claimChallenge(id, NOW)).toBe(true);
        for (const step of reach[from]) await step(store(), { authorization, driving, trying });
        const before = await store().findAuthorization(authorization.id);
        expect(before?.storedStatus).toBe(from);
        await leadTo[to](store(), { authorization, driving, trying });
        const after = await store().findAuthorization(authorization.id);
        expect(after?.storedStatus).toBe(legal ? to : from);
        if (!legal) expect(after?.expiresAt).toBe(before?.expiresAt);
      });
    }
  }
}

function describeAccountTransitions(store: CurrentStore): void {
  const statuses: readonly Exclude<AccountStatus, 'revoked'>[] = ['valid', 'deactivated'];
  for (const from of statuses) {
    const legal = isLegalTransition(ACCOUNT_TRANSITIONS, from, 'deactivated');
    test(`an account ${legal ? 'goes' : 'does not go'} from ${from} to deactivated`, async () => {
      const account = await createAccount(store());
      if (from === 'deactivated') await store().deactivateAccount(account.id);
      const deactivated = { ...account, status: 'deactivated' };
      expect(await store().deactivateAccount(account.id)).toEqual(legal ? deactivated : undefined);
      expect(await store().findAccount(account.id)).toEqual(deactivated);
    });
  }
}

function describeOrderTransitions(store: CurrentStore): void {
  const issue: Step<OrderWithAuthorizations> = async (s, made) =>
    (await s.recordIssuance(newCertificate(made, 'aa'), NOW)) !== undefined;
  const fail: Step<OrderWithAuthorizations> = (s, { order }) => s.failOrder(order.id, PROBLEM);
  const reach: Readonly<
    Record<Exclude<OrderStatus, 'processing'>, (s: Store) => Promise<OrderWithAuthorizations>>
  > = {
    pending: (s) => createOrder(s),
    ready: (s) => createReadyOrder(s),
    valid: async (s) => {
      const made = await createReadyOrder(s);
      await s.recordIssuance(newCertificate(made, 'bb'), NOW);
      return made;
    },
    invalid: async (s) => {
      const made = await createReadyOrder(s);
      await s.failOrder(made.order.id, PROBLEM);
      return made;
    },
  };
  for (const from of keysOf(reach)) {
    for (const [to, step] of [['valid', issue] as const, ['invalid', fail] as const]) {
      // A ready order passes `processing` in memory, so the store sees the step from there.
      const legal = isLegalTransition(ORDER_TRANSITIONS, from === 'ready' ? 'processing' : from, to);
      test(`an order ${legal ? 'goes' : 'does not go'} from ${from} to ${to}`, async () => {
        const made = await reach[from](store());
        const before = await storedOrder(store(), made.order.id);
        expect(derivedStatus(before)).toBe(from);
        expect(await step(store(), made)).toBe(legal);
        const after = await storedOrder(store(), made.order.id);
        if (legal) expect(derivedStatus(after)).toBe(to);
        else expect(after).toEqual(before);
        if (legal && to === 'invalid') expect(after.order.problem).toEqual(PROBLEM);
      });
    }
  }
}

function derivedStatus({ order, authorizations }: OrderWithAuthorizations): OrderStatus {
  const facts = {
    expiresAt: order.expiresAt,
    failed: order.problem !== undefined,
    issued: order.certificateId !== undefined,
    finalizing: false,
  };
  return orderStatus(
    facts,
    authorizations.map((authorization) => authorizationStatus(authorization, NOW)),
    NOW,
  );
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(record) as Key[];
}
