import type { AccountStatus } from './account.ts';
import type { StoredAuthorizationStatus } from './authorization.ts';
import type { ChallengeStatus } from './challenge.ts';
import type { OrderStatus } from './order.ts';

/**
 * The legal transitions of RFC 8555 section 7.1.6. The store's guarded updates are written from these tables, and
 * the contract tests try every pair.
 */
type Transitions<Status extends string> = Readonly<Record<Status, readonly Status[]>>;

export const CHALLENGE_TRANSITIONS: Transitions<ChallengeStatus> = {
  pending: ['processing'],
  processing: ['valid', 'invalid'],
  valid: [],
  invalid: [],
};

export const AUTHORIZATION_TRANSITIONS: Transitions<StoredAuthorizationStatus> = {
  // A pending authorization can be given up by its client: RFC 8555 section 7.5.2.
  pending: ['valid', 'invalid', 'deactivated'],
  valid: ['deactivated', 'revoked'],
  invalid: [],
  deactivated: [],
  revoked: [],
};

/** Derived from facts (see `orderStatus`), so nothing writes these; tests hold the derivation to them. */
export const ORDER_TRANSITIONS: Transitions<OrderStatus> = {
  pending: ['ready', 'invalid'],
  ready: ['processing', 'invalid'],
  processing: ['valid', 'invalid'],
  valid: [],
  invalid: [],
};

export const ACCOUNT_TRANSITIONS: Transitions<AccountStatus> = {
  valid: ['deactivated', 'revoked'],
  deactivated: [],
  revoked: [],
};

/** True when the table lets a resource go from one status to the other. */
export function isLegalTransition<Status extends string>(
  table: Transitions<Status>,
  from: Status,
  to: Status,
): boolean {
  return table[from].includes(to);
}
