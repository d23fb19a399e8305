import { challengeTypesFor } from '../policy/challenge-types.ts';
import { checkIdentifiers, orderProblem } from '../policy/names.ts';
import { checkRequestedValidity } from '../policy/validity.ts';
import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { Identifier } from '../protocol/identifier.ts';
import { authorizationIdentifier, isWildcard } from '../protocol/identifier.ts';
import type { Randomness } from '../runtime/randomness.ts';
import type { NewAuthorization } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { deriveOrderStatus } from './read-order.ts';
import { accountNotValid } from './refusals.ts';
import type { NewOrderRequest, OrderView } from './registration.ts';

/** RFC 8555 section 8.1 asks for at least 128 bits. */
const TOKEN_BYTES = 32;

/**
 * RFC 8555 section 7.4: an order with one pending authorization for each identifier. Throws `malformed`,
 * `rejectedIdentifier` or `unsupportedIdentifier` with a subproblem for each refused identifier, `malformed` for a validity
 * that is not given, and 401 `unauthorized` when the account was deactivated meanwhile.
 */
export async function newOrder(
  { store, clock, config, issuer, randomness }: RegistrationDependencies,
  account: Account,
  request: NewOrderRequest,
): Promise<OrderView> {
  const now = clock.now();
  const identifiers = checkIdentifiers(request.identifiers, {
    requirePublicSuffix: config.requirePublicSuffix,
    challengeTypes: config.challengeTypes,
    addresses: config.addresses,
  });
  if (!identifiers.ok) throw orderProblem(identifiers.refusal);
  const validity = checkRequestedValidity(request, now, issuer.lifetimeMs);
  if (!validity.ok) throw new AcmeError(validity.refusal.code, validity.refusal.detail);
  const authorizationExpiresAt = now + config.pendingAuthorizationLifetimeMs;
  const made = await store.createOrder(
    {
      accountId: account.id,
      identifiers: identifiers.value,
      expiresAt: now + config.orderLifetimeMs,
      ...validity.value,
      authorizations: identifiers.value.map((identifier) =>
        newAuthorization(identifier, config.challengeTypes, authorizationExpiresAt, randomness),
      ),
    },
    now,
  );
  if (made === undefined) throw accountNotValid();
  return { order: made.order, status: deriveOrderStatus(made, false, now) };
}

/** As Let's Encrypt, the challenges of an authorization share one token: a client may prepare all of them alike. */
function newAuthorization(
  identifier: Identifier,
  switchedOn: readonly ChallengeType[],
  expiresAt: number,
  randomness: Randomness,
): NewAuthorization {
  const wildcard = isWildcard(identifier);
  const proved = authorizationIdentifier(identifier);
  const token = Buffer.from(randomness.bytes(TOKEN_BYTES)).toString('base64url');
  const challenges = challengeTypesFor(proved, wildcard, switchedOn).map((type) => ({ type, token }));
  return { identifier: proved, wildcard, expiresAt, challenges };
}
