import type { Registration } from '../../registration/registration.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Randomness } from '../../runtime/randomness.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { Nonces } from './nonces.ts';

export interface AcmeConfig {
  /** Scheme and authority that every URL begins with, without a slash at the end; else URLs follow the request. */
  readonly externalUrl?: string;
  readonly termsOfService?: string;
  readonly website?: string;
  /** What this CA is called in CAA records; absent where it does not ask about them. */
  readonly caaIdentities?: readonly string[];
  /** What this CA is called in records of dns-persist-01, where that is offered. */
  readonly issuers?: readonly string[];
}

/** Takes one event for each request: `debug` when it was served, `info` when refused, `error` for a failure of our own. */
export interface AcmeLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What the ACME application is made from. */
export interface AcmeDependencies {
  readonly registration: Registration;
  readonly nonces: Nonces;
  readonly config: AcmeConfig;
  /** The page for people at `/`: HTML. */
  readonly page: () => string;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly randomness: Randomness;
  readonly logger: AcmeLogger;
}
