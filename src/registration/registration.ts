import type { Account } from '../protocol/account.ts';
import type { Authorization } from '../protocol/authorization.ts';
import type { Certificate } from '../protocol/certificate.ts';
import type { AccountId, AuthorizationId, CertificateId, ChallengeId, OrderId } from '../protocol/ids.ts';
import type { PublicJwk } from '../protocol/json-web-key.ts';
import type { Order, OrderStatus } from '../protocol/order.ts';
import type { Problem } from '../protocol/problem.ts';
import type { ChallengeWithAuthorization } from '../store/store.ts';

/** An order with its status, which is derived at the time of asking. */
export interface OrderView {
  readonly order: Order;
  readonly status: OrderStatus;
  /** Why it is `invalid`, where a failed challenge or a failed issuance says so. */
  readonly problem?: Problem;
}

/** A key that has signed a request and passed the key policy. */
export interface RequestKey {
  readonly jwk: PublicJwk;
  readonly thumbprint: string;
}

export interface NewAccountRequest {
  readonly contact?: readonly string[];
  readonly termsOfServiceAgreed?: boolean;
  readonly onlyReturnExisting?: boolean;
}

export interface NewOrderRequest {
  /** As received: types and values are checked here, all at once. */
  readonly identifiers: readonly { readonly type: string; readonly value: string }[];
  /** RFC 3339 texts as received. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Who asks for a revocation: RFC 8555 section 7.6. */
export type Revoker =
  | { readonly by: 'account'; readonly account: Account }
  | { readonly by: 'key'; readonly key: RequestKey };

/**
 * The registration authority: the use cases, and the only room that changes the state of anything. Each throws an
 * AcmeError when it refuses, and then has changed nothing. A resource of another account is refused with 403
 * `unauthorized`; one that does not exist with 404 `malformed`.
 */
export interface Registration {
  /** For `kid`: any status; undefined when there is none. Cheap: called for every request. */
  findAccount(id: AccountId): Promise<Account | undefined>;
  /** RFC 8555 section 7.3: creates, or finds the account of this key (also 7.3.1, onlyReturnExisting). */
  newAccount(
    key: RequestKey,
    request: NewAccountRequest,
  ): Promise<{ readonly account: Account; readonly created: boolean }>;
  /** RFC 8555 section 7.3.2. */
  updateContacts(account: Account, contacts: readonly string[]): Promise<Account>;
  /** RFC 8555 section 7.3.6. */
  deactivateAccount(account: Account): Promise<Account>;
  /** RFC 8555 section 7.4. */
  newOrder(account: Account, request: NewOrderRequest): Promise<OrderView>;
  order(account: Account, id: OrderId): Promise<OrderView>;
  /**
   * RFC 8555 section 7.4: checks the CSR (DER), claims the order once, asks CAA again where the answer is old, signs, and
   * answers the valid order. `accountUrl` is the account's URL as the request names this server (RFC 8657 section 3).
   */
  finalize(account: Account, id: OrderId, csr: Uint8Array, accountUrl?: string): Promise<OrderView>;
  authorization(account: Account, id: AuthorizationId): Promise<Authorization>;
  /** RFC 8555 section 7.5.2. */
  deactivateAuthorization(account: Account, id: AuthorizationId): Promise<Authorization>;
  challenge(account: Account, id: ChallengeId): Promise<ChallengeWithAuthorization>;
  /**
   * RFC 8555 section 7.5.1: claims the challenge, starts its validation on a tracked task and answers at once. One that
   * is valid already, or whose validation is under way, is answered as it stands. `accountUrl` is the account's URL as the
   * request names this server.
   */
  respondToChallenge(
    account: Account,
    id: ChallengeId,
    accountUrl?: string,
  ): Promise<ChallengeWithAuthorization>;
  /** RFC 8555 section 7.4.2. */
  certificate(account: Account, id: CertificateId): Promise<Certificate>;
  /** RFC 8555 section 7.6. `certificate` is DER as sent, `reason` as sent. */
  revoke(revoker: Revoker, certificate: Uint8Array, reason: unknown): Promise<void>;
  /** Finishes or undoes what a crash left half done. Called once, before the first request. */
  recover(): Promise<void>;
  /**
   * Removes the orders that, with all that belongs to them, expired long enough before `now` (milliseconds since 1970), in
   * small commits with pauses between them. What is removed answers 404 from then on, as what never was. Ends early, after
   * the commit under way, when the signal aborts. Resolves with how many orders were removed.
   */
  sweepExpired(now: number, signal: AbortSignal): Promise<number>;
  /** Resolves when no validation is under way, and nothing is asked about CAA. */
  idle(): Promise<void>;
}
