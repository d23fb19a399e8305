import type { CertificateIssuer } from '../issuance/issuer.ts';
import type { AddressSettings } from '../policy/address-admission.ts';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { Validator } from '../protocol/validation-question.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Randomness } from '../runtime/randomness.ts';
import type { TaskQueue } from '../runtime/task-queue.ts';
import type { Timer } from '../runtime/timer.ts';
import type { Store } from '../store/store.ts';

/** Lifetimes are milliseconds. */
export interface RegistrationConfig {
  readonly orderLifetimeMs: number;
  readonly pendingAuthorizationLifetimeMs: number;
  readonly validAuthorizationLifetimeMs: number;
  /** True where nothing is issued before CAA was asked about. */
  readonly caaEnabled: boolean;
  /** How old the check of CAA may be at issuance; beyond it, the validator is asked again. */
  readonly caaRecheckAfterMs: number;
  /** How long an order stays to be read after it and all that belongs to it has expired. */
  readonly keepExpiredMs: number;
  /** True to refuse names without a public suffix, as Let's Encrypt does. */
  readonly requirePublicSuffix: boolean;
  /** The ways to prove control that orders offer, each where it fits. */
  readonly challengeTypes: readonly ChallengeType[];
  /** Which addresses are refused as identifiers. */
  readonly addresses: AddressSettings;
}

/** One line for each validation, issuance and revocation is `info`. */
export interface RegistrationLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What the use cases work with. */
export interface RegistrationDependencies {
  readonly store: Store;
  readonly issuer: CertificateIssuer;
  readonly validator: Validator;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly randomness: Randomness;
  readonly tasks: Pick<TaskQueue, 'run' | 'reserve' | 'idle'>;
  readonly logger: RegistrationLogger;
  readonly config: RegistrationConfig;
  /** The URL of the terms in the directory's meta. Undefined where there is nothing to agree to. */
  readonly termsOfService: string | undefined;
}
