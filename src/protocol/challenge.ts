import type { ChallengeType } from './challenge-type.ts';
import type { AuthorizationId, ChallengeId } from './ids.ts';
import type { Problem } from './problem.ts';
import type { ValidationRecord } from './validation-record.ts';

/** RFC 8555 section 7.1.6. A failure is final: this server makes one attempt a challenge. */
export type ChallengeStatus = 'pending' | 'processing' | 'valid' | 'invalid';

/** RFC 8555 section 7.1.5. Times are milliseconds since 1970. */
export interface Challenge {
  readonly id: ChallengeId;
  readonly authorizationId: AuthorizationId;
  readonly type: ChallengeType;
  readonly status: ChallengeStatus;
  /** base64url of at least 128 random bits (RFC 8555 section 8.1). */
  readonly token: string;
  /** The account's URL, as the request that answered the challenge named this server; absent before. */
  readonly accountUrl?: string;
  /** When the validation that decided the challenge began. */
  readonly validatedAt?: number;
  readonly problem?: Problem;
  readonly record?: ValidationRecord;
}
