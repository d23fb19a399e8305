import type { AccountId } from '../../protocol/ids.ts';
import { StoreUnavailableError } from '../store-errors.ts';
import type { Connection } from './connection.ts';
import { leavesUnknownState, storageFailure, unknownState } from './storage-failure.ts';

/** One queued change. `run` keeps its outcome, and answers whom it touched; `settle` gives it out when it is on disk. */
export interface Member {
  run(): AccountId | undefined;
  undone(error: unknown): void;
  settle(): void;
  reject(error: unknown): void;
}

/** A change whose outcome goes to `resolve`. `owner` is asked after it, in the same transaction. */
export function createMember<Outcome>(
  change: () => Outcome,
  owner: (outcome: Outcome) => AccountId | undefined,
  resolve: (outcome: Outcome) => void,
  reject: (error: unknown) => void,
): Member {
  let settle = (): void => {};
  return {
    run() {
      const outcome = change();
      settle = () => resolve(outcome);
      return owner(outcome);
    },
    undone(error) {
      settle = () => reject(error);
    },
    settle: () => settle(),
    reject,
  };
}

/** Whom each member touched, where undefined stands for everybody; or why the commit failed. */
export type BatchResult =
  | { readonly failure?: never; readonly owners: readonly (AccountId | undefined)[] }
  | { readonly failure: BatchFailure; readonly owners?: never };

export interface BatchFailure {
  readonly error: StoreUnavailableError;
  readonly fatal: boolean;
}

/** Runs changes in one transaction, each in a savepoint, so that one that throws is undone alone. */
export function createBatchRunner(connection: Connection): (members: readonly Member[]) => BatchResult {
  const begin = connection.prepare('BEGIN IMMEDIATE');
  const commit = connection.prepare('COMMIT');
  const savepoint = connection.prepare('SAVEPOINT member');
  const release = connection.prepare('RELEASE member');
  const undo = connection.prepare('ROLLBACK TO member');

  function runMember(member: Member, owners: (AccountId | undefined)[]): void {
    savepoint.run();
    try {
      owners.push(member.run());
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
    const owners: (AccountId | undefined)[] = [];
    try {
      begin.run();
      for (const member of members) runMember(member, owners);
      stage = 'commit';
      commit.run();
      return { owners };
    } catch (error) {
      return { failure: abandon(connection, error, leavesUnknownState(error, stage)) };
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
