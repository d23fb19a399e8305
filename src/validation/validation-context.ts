import type { Resolver } from '../dns/resolver.ts';
import type { Place, ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion } from '../protocol/validation-question.ts';
import type { ValidationStep } from '../protocol/validation-record.ts';
import type { Clock } from '../runtime/clock.ts';
import type { FairGate } from '../runtime/fair-gate.ts';
import type { Network } from '../runtime/network.ts';
import type { Timer } from '../runtime/timer.ts';
import type { Budget } from './budget.ts';
import type { CaaConfig } from './caa-config.ts';
import type { ValidationConfig } from './validation-config.ts';

/** What the validation authority needs of the world. */
export interface ValidationWorld {
  readonly resolver: Resolver;
  readonly network: Network;
  readonly timer: Timer;
  /** The CA's calendar: dates the records, and ends records of DNS that say until when they count. */
  readonly clock: Clock;
  /** Sent with every request, so that the owner of a server can tell who asked. */
  readonly userAgent: string;
}

export interface ValidatorConfig extends ValidationConfig {
  /** `policy.requirePublicSuffix`: redirect targets must be public names. */
  readonly requirePublicSuffix?: boolean;
  /** The settings `caa.*`. */
  readonly caa: Pick<CaaConfig, 'enabled' | 'identities'>;
}

/** One validation under way. */
export interface ValidationContext extends ValidationWorld {
  readonly config: ValidatorConfig;
  readonly question: ValidationQuestion;
  /** The time of the whole validation. */
  readonly budget: Budget;
  /** What every dial waits its turn at. */
  readonly dials: FairGate;
  /** Every step leaves its entry here, in order. */
  readonly steps: ValidationStep[];
}

/** The URL by which records in DNS name the account. Throws where nobody asks: such a challenge is not offered without an account. */
export function requireAccountUrl({ question }: Pick<ValidationContext, 'question'>): string {
  if (question.accountUrl === undefined) throw new Error(`${question.challengeType} needs the account's URL`);
  return question.accountUrl;
}

/** What ended a validation that ran out of time, or that was told to stop, at the given request or connection. */
export function stopped(context: ValidationContext, at?: Place): ValidationFailure {
  if (!context.budget.expired()) {
    return { class: 'internal', detail: 'The validation was broken off because the server was stopping.' };
  }
  const failure = { class: 'overall-timeout', budgetMs: context.config.totalTimeoutMs } as const;
  return at === undefined ? failure : { ...failure, at };
}
