import type { Authorization } from '../../src/protocol/authorization.ts';
import type { Identifier } from '../../src/protocol/identifier.ts';
import { authorizationIdentifier, isWildcard } from '../../src/protocol/identifier.ts';
import type { AccountId, ChallengeId, OrderId } from '../../src/protocol/ids.ts';
import type { ValidationRecord } from '../../src/protocol/validation-record.ts';
import type {
  NewAccount,
  NewCertificate,
  NewOrder,
  OrderWithAuthorizations,
  Store,
  ValidationOutcome,
} from '../../src/store/store.ts';

/** The store under test, to be asked for inside a test: it changes from one to the next. */
export type CurrentStore = () => Store;

export const NOW = 1_700_000_000_000;
export const HOUR = 3_600_000;

export const PROBLEM = { code: 'unauthorized', detail: 'It answered something else.' } as const;

export function newAccount(name: string): NewAccount {
  return {
    key: { kty: 'EC', crv: 'P-256', x: `x of ${name}`, y: `y of ${name}` },
    thumbprint: `thumbprint of ${name}`,
    contacts: [`mailto:${name}@example.com`],
    termsOfServiceAgreed: true,
  };
}

export function dns(value: string): Identifier {
  return { type: 'dns', value };
}

/** An order for the identifiers, with http-01 and dns-01 for each. */
export function newOrder(accountId: AccountId, identifiers: readonly Identifier[]): NewOrder {
  return {
    accountId,
    identifiers,
    expiresAt: NOW + 24 * HOUR,
    authorizations: identifiers.map((identifier) => ({
      identifier: authorizationIdentifier(identifier),
      wildcard: isWildcard(identifier),
      expiresAt: NOW + 12 * HOUR,
      challenges: [
        { type: 'http-01', token: `http token of ${identifier.value}` },
        { type: 'dns-01', token: `dns token of ${identifier.value}` },
      ],
    })),
  };
}

export function validationOutcome(challengeId: ChallengeId, passed: boolean): ValidationOutcome {
  const record: ValidationRecord = {
    identifier: dns('a.example.com'),
    challengeType: 'http-01',
    addressPolicy: 'documented',
    startedAt: NOW + 5,
    durationMs: 12.5,
    steps: [
      { step: 'redirect', from: 'http://a/', location: '/ü\u2028', to: 'http://a/x', hop: 1, followed: true },
    ],
    ...(passed ? {} : { failure: { class: 'no-txt', name: 'a.example.com' } as const }),
  };
  return {
    challengeId,
    passed,
    validatedAt: NOW + 5,
    record,
    authorizationExpiresAt: NOW + 720 * HOUR,
    ...(passed ? {} : { problem: PROBLEM }),
  };
}

export function newCertificate(
  { order }: OrderWithAuthorizations,
  serial: string,
  accountId: AccountId = order.accountId,
): NewCertificate {
  return {
    orderId: order.id,
    accountId,
    serial,
    identifiers: order.identifiers,
    der: Uint8Array.of(0x30, 0x03, 0x00, 0xff, 0x80),
    chainPem: '-----BEGIN CERTIFICATE-----\n...\n',
    notBefore: NOW,
    notAfter: NOW + 2160 * HOUR,
  };
}

/** Creates an account of the name and answers it. */
export async function createAccount(store: Store, name = 'anna') {
  return (await store.createAccount(newAccount(name), NOW)).account;
}

/** Creates an order for the names, for a new account unless one is given. */
export async function createOrder(
  store: Store,
  names: readonly string[] = ['a.example.com'],
  accountId?: AccountId,
): Promise<OrderWithAuthorizations> {
  const owner = accountId ?? (await createAccount(store)).id;
  return present(await store.createOrder(newOrder(owner, names.map(dns)), NOW));
}

/** The authorization's challenges, http-01 first. */
export function challengeIds(authorization: Authorization | undefined): readonly [ChallengeId, ChallengeId] {
  const [first, second] = present(authorization).challenges;
  return [present(first).id, present(second).id];
}

/** Validates every authorization of the order. */
export async function validateOrder(
  store: Store,
  { authorizations }: OrderWithAuthorizations,
): Promise<void> {
  for (const authorization of authorizations) {
    const [http] = challengeIds(authorization);
    await store.claimChallenge(http, NOW);
    await store.recordValidation(validationOutcome(http, true), NOW);
  }
}

/** An order whose authorizations are all valid. */
export async function createReadyOrder(
  store: Store,
  names?: readonly string[],
  accountId?: AccountId,
): Promise<OrderWithAuthorizations> {
  const made = await createOrder(store, names, accountId);
  await validateOrder(store, made);
  return present(await store.findOrder(made.order.id));
}

export async function storedOrder(store: Pick<Store, 'findOrder'>, id: OrderId) {
  return present(await store.findOrder(id));
}

/** The value, which the test takes to be there. */
export function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('It should be there, and is not.');
  return value;
}

/** Calls `attempt` so many times in one turn of the loop and answers all the outcomes. */
export function race<Outcome>(
  count: number,
  attempt: (index: number) => Promise<Outcome>,
): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => attempt(index)));
}
