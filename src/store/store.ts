import type { Account } from '../protocol/account.ts';
import type { Authorization } from '../protocol/authorization.ts';
import type { Certificate } from '../protocol/certificate.ts';
import type { Challenge } from '../protocol/challenge.ts';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { Identifier } from '../protocol/identifier.ts';
import type { AccountId, AuthorizationId, CertificateId, ChallengeId, OrderId } from '../protocol/ids.ts';
import type { Order } from '../protocol/order.ts';
import type { Problem } from '../protocol/problem.ts';
import type { RevocationReason } from '../protocol/revocation-reason.ts';
import type { ValidationRecord } from '../protocol/validation-record.ts';

/**
 * What may be read. A read never shows what is not yet safely on disk, and never writes. `find...` answers undefined
 * for what is not there.
 */
export interface StoreReader {
  findAccount(id: AccountId): Promise<Account | undefined>;
  findAccountByThumbprint(thumbprint: string): Promise<Account | undefined>;
  findOrder(id: OrderId): Promise<OrderWithAuthorizations | undefined>;
  /** With its challenges whole. */
  findAuthorization(id: AuthorizationId): Promise<Authorization | undefined>;
  /** The challenge with the authorization that it belongs to. */
  findChallenge(id: ChallengeId): Promise<ChallengeWithAuthorization | undefined>;
  findCertificate(id: CertificateId): Promise<Certificate | undefined>;
  findCertificateBySerial(serial: string): Promise<Certificate | undefined>;
  /** True when the account holds an authorization that is valid at `now` for each of the identifiers (a wildcard needs a wildcard's). False for no identifier at all. */
  holdsAuthorizations(
    accountId: AccountId,
    identifiers: readonly Identifier[],
    now: number,
  ): Promise<boolean>;
  /** Challenges left `processing`, for `recover` after a crash, oldest first. Ids alone: there may be very many. */
  findInterruptedChallenges(): Promise<readonly InterruptedChallenge[]>;
  /** The newest orders that name the domain (or its wildcard) or the address, newest first. For people: see `touchstone explain`. */
  findOrdersByIdentifier(value: string, limit: number): Promise<readonly OrderWithAuthorizations[]>;
}

/**
 * A reader of its own, beside the store that another process has open. For people: it may show what that process has not
 * synced yet, and so has answered to nobody.
 */
export interface ClosableStoreReader extends StoreReader {
  close(): Promise<void>;
}

/**
 * The storage authority: atomic domain operations. Times are milliseconds since 1970 and always arguments. Every
 * promise settles only after the commit that covers it is on disk; a failed commit rejects all its members.
 * Consume-once operations answer whether they won: of two racing calls exactly one does.
 */
export interface Store extends StoreReader {
  /** Creates the account, or finds the one that already has this key. */
  createAccount(
    account: NewAccount,
    now: number,
  ): Promise<{ readonly account: Account; readonly created: boolean }>;
  /** Replaces the contacts of a valid account. Answers undefined when the account is not valid (any more). */
  updateContacts(id: AccountId, contacts: readonly string[]): Promise<Account | undefined>;
  /** valid -> deactivated. Answers undefined when it was not valid. */
  deactivateAccount(id: AccountId): Promise<Account | undefined>;
  /** Creates an order with its authorizations and challenges, all pending. Answers undefined when the account is not valid. */
  createOrder(order: NewOrder, now: number): Promise<OrderWithAuthorizations | undefined>;
  /**
   * pending -> processing; one winner. Requires the authorization pending and unexpired, and the account valid. Keeps the
   * account's URL with the challenge, so that a validation which a crash interrupts is made anew with the same.
   */
  claimChallenge(id: ChallengeId, now: number, accountUrl?: string): Promise<boolean>;
  /**
   * processing -> valid or invalid, and the authorization with it, if it is still pending and has not expired at `now`:
   * RFC 8555 section 7.1.6 knows no way out of `expired`. Answers false, and keeps nothing, when the challenge was not
   * processing.
   */
  recordValidation(outcome: ValidationOutcome, now: number): Promise<boolean>;
  /** pending or valid -> deactivated (RFC 8555 section 7.5.2). Answers undefined when it was neither. */
  deactivateAuthorization(id: AuthorizationId, now: number): Promise<Authorization | undefined>;
  /**
   * Stores the certificate and ties it to its order in one guarded commit. Answers undefined, and keeps nothing, when the
   * order has a certificate or a failure already, or an authorization is not valid at `now` (any more), or the account is
   * not valid.
   */
  recordIssuance(certificate: NewCertificate, now: number): Promise<Certificate | undefined>;
  /** Marks the order failed for good. Answers false when it was issued or failed already. */
  failOrder(id: OrderId, problem: Problem): Promise<boolean>;
  /** Answers false when the certificate was revoked already. */
  revokeCertificate(id: CertificateId, reason: RevocationReason, at: number): Promise<boolean>;
  /**
   * Removes orders that had ended by then: the order, each of its authorizations and its certificate had all expired. They
   * go together with their challenges, in one commit of about `limit` authorizations; an authorization that another order
   * refers to goes with that one. Ids are not given again. To be called until the answer is complete.
   */
  sweep(endedBy: number, limit: number): Promise<SweptBatch>;
  /** Waits for writes under way, then closes the file. */
  close(): Promise<void>;
}

export interface SweptBatch {
  /** How many orders were removed. */
  readonly orders: number;
  /** True when no order was left to look at. */
  readonly complete: boolean;
}

export interface OrderWithAuthorizations {
  readonly order: Order;
  /**
   * In the order of the identifiers. Their challenges are without `record` and `accountUrl`: an order has up to a hundred, a
   * record may be large, and clients poll orders. Who needs them reads the authorization.
   */
  readonly authorizations: readonly Authorization[];
}

export interface ChallengeWithAuthorization {
  readonly challenge: Challenge;
  readonly authorization: Authorization;
}

export interface InterruptedChallenge {
  readonly challengeId: ChallengeId;
  readonly accountId: AccountId;
}

export type NewAccount = Pick<Account, 'key' | 'thumbprint' | 'contacts' | 'termsOfServiceAgreed'>;

export interface NewOrder {
  readonly accountId: AccountId;
  readonly identifiers: readonly Identifier[];
  readonly expiresAt: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** One for each identifier, in the same order. */
  readonly authorizations: readonly NewAuthorization[];
}

export interface NewAuthorization {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly expiresAt: number;
  readonly challenges: readonly { readonly type: ChallengeType; readonly token: string }[];
}

export interface ValidationOutcome {
  readonly challengeId: ChallengeId;
  readonly passed: boolean;
  /** When the validation began. */
  readonly validatedAt: number;
  readonly record: ValidationRecord;
  /** Present exactly when it did not pass. */
  readonly problem?: Problem;
  /** The authorization's new expiry when it passed. */
  readonly authorizationExpiresAt: number;
}

export type NewCertificate = Omit<Certificate, 'id' | 'revocation'>;
