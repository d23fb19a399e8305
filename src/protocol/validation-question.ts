import type { ChallengeType } from './challenge-type.ts';
import type { Identifier } from './identifier.ts';
import type { AccountId, ChallengeId } from './ids.ts';
import type { ValidationRecord } from './validation-record.ts';

/** What the validation authority is asked: does whoever answers for the identifier hold the account's key? */
export interface ValidationQuestion {
  readonly challengeId: ChallengeId;
  /** Whose turn its dials take among those of other accounts; absent when no account asks. */
  readonly accountId?: AccountId;
  readonly identifier: Identifier;
  readonly challengeType: ChallengeType;
  /** True when the authorization is for the wildcard of the identifier. */
  readonly wildcard: boolean;
  /** The account's URL, as the request that answered the challenge named this server; absent when no account asks. */
  readonly accountUrl?: string;
  readonly token: string;
  /** `token "." thumbprint`: RFC 8555 section 8.1. */
  readonly keyAuthorization: string;
  /** True where there is no order and nobody has a proof: then its absence keeps nothing from being looked at. */
  readonly rehearsal?: boolean;
}

/** The answer: always with its record; `record.failure` says why when it did not pass. */
export interface ValidationVerdict {
  readonly passed: boolean;
  readonly record: ValidationRecord;
}

/** The validation authority as registration sees it. Never rejects: a fault of its own is an `internal` failure. */
export interface Validator {
  validate(question: ValidationQuestion, signal?: AbortSignal): Promise<ValidationVerdict>;
  /**
   * Whether CAA lets this CA issue, now, for a question whose proof passed earlier (RFC 8659). The primary perspective has
   * `validation.totalTimeoutMs`, and the remote ones together as much again.
   */
  checkCaa(question: ValidationQuestion, signal?: AbortSignal): Promise<ValidationVerdict>;
}
