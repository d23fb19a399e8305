import type { AuthorizationStatus } from './authorization.ts';
import type { Identifier } from './identifier.ts';
import type { AccountId, AuthorizationId, CertificateId, OrderId } from './ids.ts';
import type { Problem } from './problem.ts';

/** RFC 8555 section 7.1.6. */
export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';

/** A request for a certificate: RFC 8555 section 7.1.3. Its status is derived, never stored. Times are milliseconds since 1970. */
export interface Order {
  readonly id: OrderId;
  readonly accountId: AccountId;
  readonly identifiers: readonly Identifier[];
  readonly authorizationIds: readonly AuthorizationId[];
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The validity that the client asked for, if it did. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly certificateId?: CertificateId;
  /** Why issuance failed for good. */
  readonly problem?: Problem;
}

/** The facts from which an order's status follows. */
export interface OrderFacts {
  readonly expiresAt: number;
  readonly failed: boolean;
  readonly issued: boolean;
  /** True while a finalize request of this process works on the order. */
  readonly finalizing: boolean;
}

/**
 * The order's status at `now` (milliseconds since 1970), from facts alone: RFC 8555 section 7.1.6. An issued order
 * stays `valid` for good, also after it or its authorizations have expired.
 */
export function orderStatus(
  facts: OrderFacts,
  authorizations: readonly AuthorizationStatus[],
  now: number,
): OrderStatus {
  if (facts.issued) return 'valid';
  if (facts.failed) return 'invalid';
  if (facts.finalizing) return 'processing';
  if (facts.expiresAt <= now) return 'invalid';
  if (authorizations.every((status) => status === 'valid')) return 'ready';
  return authorizations.every((status) => status === 'valid' || status === 'pending') ? 'pending' : 'invalid';
}
