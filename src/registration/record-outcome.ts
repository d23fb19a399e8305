import { formatId } from '../protocol/ids.ts';
import type { ValidationOutcome } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { throughOutage } from './through-outage.ts';

/**
 * Records how a validation ended (RFC 8555 section 7.1.6), and tries again for as long as the store cannot take it: the
 * client has been told `processing`, and would poll for ever. Answers false when the challenge was decided otherwise, and
 * undefined when `signal` aborted first, or the store failed by a bug, which is logged: then the next start validates the
 * challenge anew. Never rejects.
 */
export async function recordOutcome(
  { store, clock, timer, logger }: Pick<RegistrationDependencies, 'store' | 'clock' | 'timer' | 'logger'>,
  outcome: ValidationOutcome,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const challenge = formatId('chal', outcome.challengeId);
  try {
    return await throughOutage(() => store.recordValidation(outcome, clock.now()), {
      timer,
      signal,
      tries: Number.POSITIVE_INFINITY,
      onPause: (error, pauseMs, tries) => {
        // Once a challenge; why the store cannot take it is in the log already.
        if (tries > 1) return;
        logger.warn(
          { challenge, reason: error.message },
          `The outcome of a validation could not be recorded. It is tried again in ${pauseMs / 1000} s, and then until it can.`,
        );
      },
    });
  } catch (err) {
    logger.error(
      { challenge, err },
      'The outcome of a validation could not be recorded, by a fault of this server. The next start validates the challenge again.',
    );
    return undefined;
  }
}
