import { formatId } from '../protocol/ids.ts';
import { pause } from '../runtime/pause.ts';
import type { ValidationOutcome } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';

/** Milliseconds between tries; the last one again and again. A full disk waits for somebody to make room. */
const PAUSES_MS = [1_000, 5_000, 15_000] as const;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Records how a validation ended (RFC 8555 section 7.1.6), and tries again for as long as the store cannot take it: the
 * client has been told `processing`, and would poll for ever. Answers false when the challenge was decided otherwise, and
 * undefined when `signal` aborted first: then the next start validates the challenge anew. Never rejects.
 */
export async function recordOutcome(
  { store, clock, timer, logger }: Pick<RegistrationDependencies, 'store' | 'clock' | 'timer' | 'logger'>,
  outcome: ValidationOutcome,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const challenge = formatId('chal', outcome.challengeId);
  for (let tries = 0; ; tries += 1) {
    try {
      return await store.recordValidation(outcome, clock.now());
    } catch (err) {
      const pauseMs = PAUSES_MS[tries] ?? LONGEST_PAUSE_MS;
      // Once a challenge; why the store cannot take it is in the log already.
      if (tries === 0)
        logger.warn(
          { challenge, reason: err instanceof Error ? err.message : String(err) },
          `The outcome of a validation could not be recorded. It is tried again in ${pauseMs / 1000} s, and then until it can.`,
        );
      if (!(await pause(timer, pauseMs, signal))) return undefined;
    }
  }
}
