import { closeSync, fdatasync } from 'node:fs';
import type { StoreUnavailableError } from '../store-errors.ts';
import type { Connection } from './connection.ts';
import { openLog } from './log-file.ts';
import { unknownState } from './storage-failure.ts';

/** Calls back when all that was written to the descriptor before is on disk, or with the error. As `fs.fdatasync`. */
export type SyncFile = (descriptor: number, done: (error: Error | null) => void) => void;

export interface SharedSync {
  /** Takes note of a commit, whose sync starts at once or behind the one under way. Returns its number; the first is 1. */
  committed(): number;
  /** The number of the last commit. */
  lastCommit(): number;
  /** True while a sync is under way, which covers no commit that is made from now on. */
  isSyncing(): boolean;
  isSynced(commit: number): boolean;
  /** Resolves when the commit is on disk. Rejects with StoreUnavailableError when that sync, or one before it, failed. */
  whenSynced(commit: number): Promise<void>;
  /** Lets go of the log. Only when nothing waits any more. */
  close(): void;
}

export interface SharedSyncOptions {
  /** `fs.fdatasync` when absent. */
  readonly sync?: SyncFile | undefined;
  /** Told once, before those who wait: nobody knows any more what is on disk. */
  readonly onFailure: (error: StoreUnavailableError) => void;
  /** Told after each sync up to which commit all is on disk, before those who wait, and before the next sync starts. */
  readonly onSynced: (commit: number) => void;
}

interface Waiter {
  readonly commit: number;
  readonly resolve: () => void;
  readonly reject: (error: StoreUnavailableError) => void;
}

/**
 * Makes commits of the connection cheap, and durable by one asynchronous sync of the write-ahead log that all commits
 * before it share. SQLite itself then syncs where order matters alone (the log before it is carried over, the database
 * before the log begins anew, the log's new header) and does that inside a checkpoint or a commit:
 * sqlite.org/pragma.html#pragma_synchronous. Throws the errors of the file system when the log cannot be opened.
 */
export function createSharedSync(connection: Connection, options: SharedSyncOptions): SharedSync {
  const { sync = fdatasync, onFailure, onSynced } = options;
  connection.pragma('synchronous = NORMAL');
  let last = 0;
  let synced = 0;
  let underWay = false;
  let failure: StoreUnavailableError | undefined;
  let waiters: Waiter[] = [];
  // Last, since nobody closes it when something here throws.
  const log = openLog(connection.name);

  function start(): void {
    if (underWay || synced === last) return;
    underWay = true;
    const covered = last;
    sync(log, (error) => {
      underWay = false;
      if (error === null) succeed(covered);
      else fail(error);
    });
  }

  function succeed(covered: number): void {
    synced = covered;
    onSynced(covered);
    start();
    const all = waiters;
    waiters = all.filter(({ commit }) => commit > covered);
    for (const { commit, resolve } of all) if (commit <= covered) resolve();
  }

  /** A later sync may well succeed, and proves nothing: the kernel drops pages that it could not write. */
  function fail(error: Error): void {
    const unknown = unknownState(connection.name, error);
    failure = unknown;
    onFailure(unknown);
    for (const { reject } of waiters) reject(unknown);
    waiters = [];
  }

  return {
    committed() {
      last += 1;
      start();
      return last;
    },
    lastCommit: () => last,
    isSyncing: () => underWay,
    isSynced: (commit) => commit <= synced,
    whenSynced(commit) {
      if (commit <= synced) return Promise.resolve();
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => waiters.push({ commit, resolve, reject }));
    },
    close: () => closeSync(log),
  };
}
