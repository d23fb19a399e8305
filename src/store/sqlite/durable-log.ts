import type { StoreUnavailableError } from '../store-errors.ts';
import { createCheckpoints } from './checkpoints.ts';
import type { Connection } from './connection.ts';
import type { LogGuard } from './log-guard.ts';
import { createLogGuard } from './log-guard.ts';
import type { SharedSync, SharedSyncOptions } from './shared-sync.ts';
import { createSharedSync } from './shared-sync.ts';

export interface DurableLogOptions extends SharedSyncOptions {
  /** How many pages of the log are carried over into the database at a time; 1,000 when absent. */
  readonly checkpointPages?: number | undefined;
}

/** The write-ahead log of a connection, from a commit to the end. `onFailure` is told once, of whichever part failed. */
export interface DurableLog extends Omit<SharedSync, 'close'> {
  /** Carries the log over into the database when it has become long. To be called after a commit. */
  carryOverWhenDue(): void;
  /** Takes note of a commit that failed in the disk, and leaves log and database as they are for the next start's recovery. */
  fail(error: StoreUnavailableError): void;
  /**
   * Waits for the syncs under way, carries the log over and closes the connection. Rejects with StoreUnavailableError, after
   * closing, when it is not known what is on disk.
   */
  close(): Promise<void>;
}

/** Throws StoreOpenError or an error of the file system, and then has opened nothing. */
export function createDurableLog(connection: Connection, options: DurableLogOptions): DurableLog {
  const checkpoints = createCheckpoints(connection, options.checkpointPages);
  const guard = createLogGuard(connection);
  const log = closingGuardOnError(guard, () => createSharedSync(connection, { ...options, onFailure: fail }));
  let failure: StoreUnavailableError | undefined;

  function fail(error: StoreUnavailableError): void {
    if (failure !== undefined) return;
    failure = error;
    // At once: the process may end before anybody closes the store.
    guard.abandon();
    options.onFailure(error);
  }

  function checkpointed(error: StoreUnavailableError | undefined): void {
    if (error !== undefined) fail(error);
  }

  return {
    ...log,
    fail,
    carryOverWhenDue: () => checkpointed(checkpoints.whenDue()),
    async close() {
      // Whoever waits for a sync that fails is told so.
      await log.whenSynced(log.lastCommit()).catch(() => undefined);
      log.close();
      if (failure === undefined) checkpointed(checkpoints.run());
      if (failure !== undefined) throw failure;
      guard.close();
    },
  };
}

function closingGuardOnError<Outcome>(guard: LogGuard, open: () => Outcome): Outcome {
  try {
    return open();
  } catch (error) {
    guard.close();
    throw error;
  }
}
