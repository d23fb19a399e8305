import type { StoreUnavailableError } from '../store-errors.ts';
import type { Connection } from './connection.ts';
import { leavesUnknownState, unknownState } from './storage-failure.ts';

/** SQLite's own default for its automatic checkpoints: 4 MB. */
const PAGES = 1000;

interface LogSize {
  readonly log: number;
  readonly checkpointed: number;
}

/** Carries the log over into the database. Both answer the error after which nobody knows any more what is on disk. */
export interface Checkpoints {
  /** Does it once so many pages are waiting. */
  whenDue(): StoreUnavailableError | undefined;
  run(): StoreUnavailableError | undefined;
}

/**
 * Checkpoints in place of SQLite's automatic ones, which drop the result of their syncs: pages that a failed one lost would
 * not be written again, and the log that still holds them would begin anew. `pages` is 1,000 when absent.
 */
export function createCheckpoints(connection: Connection, pages = PAGES): Checkpoints {
  connection.pragma('wal_autocheckpoint = 0');
  const size = connection.prepare<[], LogSize>('PRAGMA wal_checkpoint(NOOP)');
  const carryOver = connection.prepare<[], LogSize>('PRAGMA wal_checkpoint(PASSIVE)');

  function failureOf(work: () => void): StoreUnavailableError | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      // After any other failure, such as of a full disk, nothing is lost: the log is complete, and is carried over later.
      return leavesUnknownState(error, 'commit') ? unknownState(connection.name, error) : undefined;
    }
  }

  return {
    whenDue: () =>
      failureOf(() => {
        const now = size.get();
        if (now !== undefined && now.log - now.checkpointed >= pages) carryOver.get();
      }),
    run: () => failureOf(() => void carryOver.get()),
  };
}
