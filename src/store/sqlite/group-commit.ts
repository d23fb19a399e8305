import type { AccountId } from '../../protocol/ids.ts';
import { StoreUnavailableError } from '../store-errors.ts';
import type { BatchResult, Member } from './batch.ts';
import { createBatchRunner, createMember } from './batch.ts';
import type { Connection } from './connection.ts';
import type { DurableLog } from './durable-log.ts';
import { createDurableLog } from './durable-log.ts';
import type { SyncFile } from './shared-sync.ts';
import { attemptRead } from './storage-failure.ts';
import type { UnsyncedAccounts } from './unsynced-accounts.ts';
import { createUnsyncedAccounts } from './unsynced-accounts.ts';

export interface GroupCommitOptions {
  /** Told once when it is not known any more what is on disk. The process should end: only a recovery tells. */
  readonly onFatal?: (error: Error) => void;
  /** Told of each commit that failed and left everything as it was: its members know, and the next one may succeed. */
  readonly onFailure?: (error: Error) => void;
  /** Told after each commit how many operations shared it, refused ones included. */
  readonly onCommit?: (members: number) => void;
  /** How the write-ahead log is synced; `fs.fdatasync` when absent. */
  readonly sync?: SyncFile;
  /** How many pages of the log are carried over at a time; 1,000 when absent. */
  readonly checkpointPages?: number;
}

/** Whose facts an outcome is about; undefined for those of no one account. */
export type Owner<Outcome> = (outcome: Outcome) => AccountId | undefined;

/**
 * Runs a query at once, and resolves when all that it may have seen is on disk: all changes of the owner's, or all
 * changes whatever without `owner`.
 */
export type Read = <Outcome>(query: () => Outcome, owner?: Owner<Outcome>) => Promise<Outcome>;

/** Writes that share commits, and the reads beside them. */
export interface GroupCommit {
  /**
   * Queues a change, which must be synchronous. The promise settles after the commit that covers it is on disk; a change
   * that throws is undone alone. Rejects with StoreUnavailableError when the commit failed: then with all others in it.
   * `owner` names the one account whose facts the change may touch, and is asked in the same transaction; without it, or
   * when it names none, the change may touch everybody's.
   */
  write<Outcome>(change: () => Outcome, owner?: AccountId | Owner<Outcome>): Promise<Outcome>;
  readonly read: Read;
  /**
   * Commits what is queued, waits until it is on disk, carries the log over into the file and closes it. What comes later
   * rejects. Rejects with StoreUnavailableError, after closing, when it is not known what is on disk.
   */
  close(): Promise<void>;
}

/**
 * All writes that are queued in one turn of the event loop share one transaction, in the order of their calls; one sync in
 * the thread pool covers all transactions before it, so that the event loop waits for no disk but in a checkpoint.
 */
export function createGroupCommit(connection: Connection, options: GroupCommitOptions): GroupCommit {
  const { onCommit, onFailure, onFatal } = options;
  const runBatch = createBatchRunner(connection);
  const unsynced = createUnsyncedAccounts();
  const log = createDurableLog(connection, { ...options, onSynced, onFailure: refuseAll });
  let queue: Member[] = [];
  let refusal: StoreUnavailableError | undefined;
  let closing: Promise<void> | undefined;

  function refuseAll(error: StoreUnavailableError): void {
    refusal = error;
    onFatal?.(error);
    if (queue.length > 0) setImmediate(flush);
  }

  function onSynced(commit: number): void {
    unsynced.synced(commit);
    flush();
  }

  function flush(): void {
    const members = queue;
    queue = [];
    if (members.length === 0) return;
    const { failure, owners } = refusal === undefined ? runBatch(members) : refused(refusal);
    if (failure !== undefined) {
      rejectAll(members, failure.error);
      if (failure.fatal) log.fail(failure.error);
      else onFailure?.(failure.error);
      return;
    }
    const commit = log.committed();
    for (const owner of owners) unsynced.changed(commit, owner);
    onCommit?.(members.length);
    // Refusals too: what they were refused for may be in the same commit, or in one before.
    void settle(members, log.whenSynced(commit));
    log.carryOverWhenDue();
  }

  return {
    read: readBehind(connection, log, unsynced, () => refusal),
    write(change, owner) {
      if (refusal !== undefined) return Promise.reject(refusal);
      return new Promise((resolve, reject) => {
        // After the poll phase, so that whatever arrived in this turn on any connection is in the queue by then. And after
        // the sync under way: it does not cover what is committed now, which may as well gather and be one commit.
        if (queue.length === 0) setImmediate(() => log.isSyncing() || flush());
        queue.push(createMember(change, typeof owner === 'function' ? owner : () => owner, resolve, reject));
      });
    },
    close() {
      flush();
      refusal ??= storeClosed(connection);
      closing ??= log.close();
      return closing;
    },
  };
}

function readBehind(
  connection: Connection,
  log: DurableLog,
  unsynced: UnsyncedAccounts,
  refusal: () => StoreUnavailableError | undefined,
): Read {
  return async (query, owner) => {
    const refused = refusal();
    if (refused !== undefined) throw refused;
    const outcome = attemptRead(connection, query);
    const commit = owner === undefined ? log.lastCommit() : unsynced.lastChange(owner(outcome));
    if (!log.isSynced(commit)) await log.whenSynced(commit);
    return outcome;
  };
}

async function settle(members: readonly Member[], synced: Promise<void>): Promise<void> {
  try {
    await synced;
  } catch (error) {
    rejectAll(members, error);
    return;
  }
  for (const member of members) member.settle();
}

function rejectAll(members: readonly Member[], error: unknown): void {
  for (const member of members) member.reject(error);
}

function refused(error: StoreUnavailableError): BatchResult {
  return { failure: { error, fatal: false } };
}

function storeClosed({ name }: Connection): StoreUnavailableError {
  return new StoreUnavailableError('closed', `The database ${name} is closed: the server is stopping.`);
}
