import type { Logger } from '../runtime/logger.ts';
import type { Timer } from '../runtime/timer.ts';

/** Says that the store cannot keep changes, and that it can again, without a line for every request. */
export interface OutageLog {
  /** A commit failed. */
  failed(error: Error): void;
  /** A commit succeeded. */
  succeeded(): void;
}

const SAY_AGAIN_AFTER_MS = 60_000;

/** On a disk that is nearly full, small commits go through among others that do not. */
const OVER_AFTER_MS = 5_000;

/** An outage is told when it begins, once a minute while it lasts, and when it is over. */
export function createOutageLog(logger: Pick<Logger, 'error' | 'warn'>, timer: Timer): OutageLog {
  let failedCommits = 0;
  let failedAt = 0;
  let toldAt: number | undefined;
  return {
    failed(error) {
      failedCommits += 1;
      failedAt = timer.now();
      if (toldAt !== undefined && failedAt - toldAt < SAY_AGAIN_AFTER_MS) return;
      toldAt = failedAt;
      logger.error({ failedCommits }, error.message);
    },
    succeeded() {
      if (toldAt === undefined || timer.now() - failedAt < OVER_AFTER_MS) return;
      logger.warn({ failedCommits }, 'Changes are kept again.');
      failedCommits = 0;
      toldAt = undefined;
    },
  };
}
