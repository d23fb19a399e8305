import Database from 'better-sqlite3';
import { StoreOpenError } from '../store-errors.ts';
import { keepStatements } from './keep-statements.ts';
import { opening } from './opening.ts';

export type Connection = Database.Database;

/**
 * How long a statement waits for a lock of another program, in milliseconds. Waiting blocks this process, and nothing but
 * a person's own tool ever holds the write lock: the data folder has one server, and readers block nobody in WAL mode.
 */
const BUSY_TIMEOUT_MS = 2000;

/**
 * Pages that this process keeps for itself; others are in the system's cache, which a restart does not empty. A larger
 * cache costs resident memory and saves no CPU time: 16 MB, the driver's default, gave 155 microseconds for the store's part
 * of an issuance on 100,000 orders, and 4 MB 140.
 */
const CACHE_KIB = 4096;

/** Opens the file for reading and writing, and makes it when it is missing. Throws StoreOpenError. */
export function openForWriting(file: string): Connection {
  return opening(file, () => {
    const connection = keepStatements(new Database(file, { timeout: BUSY_TIMEOUT_MS }));
    closingOnError(connection, () => {
      requireJournalMode(connection);
      // In WAL mode the default (NORMAL) syncs at checkpoints alone. FULL: what is committed survives a power cut. Whoever
      // syncs commits by other means than SQLite's lowers it.
      connection.pragma('synchronous = FULL');
      connection.pragma(`cache_size = -${CACHE_KIB}`);
      // Heeded by macOS alone, whose fsync leaves the data in the disk's cache.
      connection.pragma('fullfsync = ON');
    });
    return connection;
  });
}

/** Opens an existing file for reading, also while another process writes. Throws StoreOpenError. */
export function openForReading(file: string): Connection {
  return opening(file, () => {
    const connection = keepStatements(
      new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS }),
    );
    // The first statement is what reads the file.
    closingOnError(connection, () => connection.pragma('user_version'));
    return connection;
  });
}

/**
 * How long to try for a lock that somebody holds, in milliseconds: of two that try at the same moment each may be in the
 * other's way, and then both try again.
 */
const HOLD_TIMEOUT_MS = 200;

/** Opens a file that is there for its lock alone, and makes it when it is missing. Throws StoreOpenError. */
export function openForHolding(file: string): Connection {
  return opening(file, () => keepStatements(new Database(file, { timeout: HOLD_TIMEOUT_MS })));
}

/** Opens a database that is nowhere, to ask the driver about itself. Throws StoreOpenError. */
export function openInMemory(): Connection {
  return opening(':memory:', () => keepStatements(new Database(':memory:')));
}

/** Runs `prepare` and answers what it does; closes the connection when it throws. */
export function closingOnError<Outcome>(connection: Connection, prepare: () => Outcome): Outcome {
  try {
    return prepare();
  } catch (error) {
    connection.close();
    throw error;
  }
}

function requireJournalMode(connection: Connection): void {
  const mode: unknown = connection.pragma('journal_mode = WAL', { simple: true });
  if (mode === 'wal') return;
  throw new StoreOpenError(
    `The database ${connection.name} cannot use a write-ahead log (it stays in mode ${String(mode)}). ` +
      'Network file systems cannot: keep the data folder on a local disk.',
  );
}
