import { StoreUnavailableError } from '../store-errors.ts';
import type { Connection } from './connection.ts';
import { sqliteCode } from './opening.ts';

/**
 * An error of SQLite that is about the storage and not about one statement, as the error to hand on; undefined for all
 * others. These make SQLite give up the whole transaction, or make its commit pointless.
 */
export function storageFailure(file: string, error: unknown): StoreUnavailableError | undefined {
  const code = sqliteCode(error);
  if (code === undefined) return undefined;
  if (code === 'SQLITE_FULL') {
    return new StoreUnavailableError(
      'full',
      `The disk of the database ${file} is full, and a change was not kept. Make room: the store goes on by itself.`,
      error,
    );
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new StoreUnavailableError(
      'busy',
      `Another program holds the database ${file} locked, and a change was not kept. End that program; the store goes on by itself.`,
      error,
    );
  }
  if (/^SQLITE_(IOERR|NOMEM|CORRUPT|NOTADB|READONLY|CANTOPEN|PROTOCOL)/.test(code)) {
    return new StoreUnavailableError(
      'io',
      `The database ${file} could not be read or written (${code}), and a change was not kept. Look at the disk and its space.`,
      error,
    );
  }
  return undefined;
}

/** Runs a query; a failure of the storage becomes a StoreUnavailableError. */
export function attemptRead<Outcome>(connection: Connection, query: () => Outcome): Outcome {
  try {
    return query();
  } catch (error) {
    throw storageFailure(connection.name, error) ?? error;
  }
}

/**
 * True when nobody knows any more what is on disk. After a failed fsync the kernel may have dropped the pages and
 * answers the next fsync with success, so trying again proves nothing; a commit that failed half way may be found again
 * by the next recovery. SQLITE_FULL is not one: without its last frame a commit does not exist.
 */
export function leavesUnknownState(error: unknown, stage: 'change' | 'commit'): boolean {
  const code = sqliteCode(error);
  if (code === undefined) return false;
  return code === 'SQLITE_IOERR_FSYNC' || (stage === 'commit' && code.startsWith('SQLITE_IOERR'));
}

/** What every further operation is refused with once the state is unknown. */
export function unknownState(file: string, cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(
    'unknown-state',
    `A commit to the database ${file} failed in the disk (${sqliteCode(cause) ?? String(cause)}), so it is not known what is on it. ` +
      'Nothing more is read or written: look at the disk, then start the server again.',
    cause,
  );
}
