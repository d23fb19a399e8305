import { StoreUnavailableError } from '../store-errors.ts';
import type { Connection } from './connection.ts';
import { leavesUnknownState, storageFailure, unknownState } from './storage-failure.ts';

export interface GroupCommitOptions {
  /** Told once when it is not known any more what is on disk. The process should end: only a recovery tells. */
  readonly onFatal?: (error: Error) => void;
  /** Told of each commit that failed and left everything as it was: its members know, and the next one may succeed. */
  readonly onFailure?: (error: Error) => void;
  /** Told after each commit how many operations shared it, refused ones included. */
  readonly onCommit?: (members: number) => void;
}

/** Writes that share commits, and the reads beside them. */
export interface GroupCommit {
  /**
   * Queues a change, which must be synchronous. The promise settles after the commit that covers it is on disk; a change
   * that throws is undone alone. Rejects with StoreUnavailableError when the commit failed: then with all others in it.
   */
  write<Outcome>(change: () => Outcome): Promise<Outcome>;
  /**
   * Runs a query at once. A batch runs from BEGIN to COMMIT without leaving its turn of the event loop, so no query of
   * this process ever sees what is not on disk.
   */
  read<Outcome>(query: () => Outcome): Promise<Outcome>;
  /** Commits what is queued, carries the log over into the file and closes it. What comes later rejects. */
  close(): void;
}

/** One queued change. `run` keeps its outcome; `settle` gives it out when it is on disk. */
interface Member {
  run(): void;
  undone(error: unknown): void;
  settle(): void;
  reject(error: unknown): void;
}

/** All writes that are queued in one turn of the event loop share one transaction and one sync, in the order of their calls. */
export function createGroupCommit(connection: Connection, options: GroupCommitOptions): GroupCommit {
  const runBatch = createBatchRunner(connection);
  let queue: Member[] = [];
  let refusal: StoreUnavailableError | undefined;

  function flush(): void {
    const members = queue;
    queue = [];
    if (members.length === 0) return;
    if (refusal !== undefined) {
      for (const member of members) member.reject(refusal);
      return;
    }
    const failure = runBatch(members);
    if (failure === undefined) {
      for (const member of members) member.settle();
      options.onCommit?.(members.length);
      return;
    }
    if (failure.fatal) refusal = failure.error;
    for (const member of members) member.reject(failure.error);
    if (failure.fatal) options.onFatal?.(failure.error);
    else options.onFailure?.(failure.error);
  }

  return {
    write(change) {
      if (refusal !== undefined) return Promise.reject(refusal);
      return new Promise((resolve, reject) => {
        // After the poll phase, so that whatever arrived in this turn on any connection is in the queue by then.
        if (queue.length === 0) setImmediate(flush);
        queue.push(createMember(change, resolve, reject));
      });
    },
    async read(query) {
      if (refusal !== undefined) throw refusal;
      return attemptRead(connection, query);
    },
    close() {
      if (!connection.open) return;
      flush();
      refusal ??= new StoreUnavailableError(
        'closed',
        `The database ${connection.name} is closed: the server is stopping.`,
      );
      checkpoint(connection);
      connection.close();
    },
  };
}

/** Runs a query; a failure of the storage becomes a StoreUnavailableError. */
export function attemptRead<Outcome>(connection: Connection, query: () => Outcome): Outcome {
  try {
    return query();
  } catch (error) {
    throw storageFailure(connection.name, error) ?? error;
  }
}

function createMember<Outcome>(
  change: () => Outcome,
  resolve: (outcome: Outcome) => void,
  reject: (error: unknown) => void,
): Member {
  let settle = (): void => {};
  return {
    run() {
      const outcome = change();
      settle = () => resolve(outcome);
    },
    undone(error) {
      settle = () => reject(error);
    },
    settle: () => settle(),
    reject,
  };
}

interface BatchFailure {
  readonly error: StoreUnavailableError;
  readonly fatal: boolean;
}

function createBatchRunner(connection: Connection): (members: readonly Member[]) => BatchFailure | undefined {
  const begin = connection.prepare('BEGIN IMMEDIATE');
  const commit = connection.prepare('COMMIT');
  const savepoint = connection.prepare('SAVEPOINT member');
  const release = connection.prepare('RELEASE member');
  const undo = connection.prepare('ROLLBACK TO member');

  function runMember(member: Member): void {
    savepoint.run();
    try {
      member.run();
    } catch (error) {
      // SQLite has given up the transaction by then, or is about to: that is the whole batch's failure.
      if (storageFailure(connection.name, error) !== undefined || !connection.inTransaction) throw error;
      undo.run();
      member.undone(error);
    }
    release.run();
  }

  return (members) => {
    let stage: 'change' | 'commit' = 'change';
    try {
      begin.run();
      for (const member of members) runMember(member);
      stage = 'commit';
      commit.run();
      return undefined;
    } catch (error) {
      return abandon(connection, error, leavesUnknownState(error, stage));
    }
  };
}

/** Undoes the batch. Where even that fails, nobody knows what the next commit would hold. */
function abandon(connection: Connection, error: unknown, fatal: boolean): BatchFailure {
  try {
    if (connection.inTransaction) connection.exec('ROLLBACK');
  } catch (rollbackError) {
    return { error: unknownState(connection.name, rollbackError), fatal: true };
  }
  if (fatal) return { error: unknownState(connection.name, error), fatal };
  const failure =
    storageFailure(connection.name, error) ??
    new StoreUnavailableError('io', `A commit to the database ${connection.name} failed.`, error);
  return { error: failure, fatal };
}

function checkpoint(connection: Connection): void {
  try {
    connection.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // Nothing is lost: the write-ahead log is on disk, complete, and the next opening carries it over.
  }
}
