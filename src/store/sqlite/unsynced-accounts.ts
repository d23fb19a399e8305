import type { AccountId } from '../../protocol/ids.ts';

/** Which commit a reader has to see on disk before it may show what belongs to an account. */
export interface UnsyncedAccounts {
  /** Takes note that a commit changed what belongs to the account; without one, what belongs to anybody. */
  changed(commit: number, account?: AccountId): void;
  /** The last commit that changed what belongs to the account, or what is missing; 0 when all such are on disk. */
  lastChange(account?: AccountId): number;
  /** Forgets what is on disk. */
  synced(commit: number): void;
}

/** Holds only accounts with commits that are not on disk yet. */
export function createUnsyncedAccounts(): UnsyncedAccounts {
  const changes = new Map<AccountId, number>();
  let anybody = 0;
  return {
    changed(commit, account) {
      if (account === undefined) anybody = commit;
      else changes.set(account, commit);
    },
    lastChange: (account) => Math.max(anybody, account === undefined ? 0 : (changes.get(account) ?? 0)),
    synced(commit) {
      for (const [account, change] of changes) if (change <= commit) changes.delete(account);
    },
  };
}
