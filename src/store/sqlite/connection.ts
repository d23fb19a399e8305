import Database from 'better-sqlite3';
import { StoreOpenError } from '../store-errors.ts';

export type Connection = Database.Database;

/**
 * How long a statement waits for a lock of another program, in milliseconds. Waiting blocks this process, and nothing but
 * a person's own tool ever holds the write lock: the data folder has one server, and readers block nobody in WAL mode.
 */
const BUSY_TIMEOUT_MS = 2000;

/** Opens the file for reading and writing, and makes it when it is missing. Throws StoreOpenError. */
export function openForWriting(file: string): Connection {
  return opening(file, () => {
    const connection = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    return closingOnError(connection, () => {
      requireJournalMode(connection);
      // In WAL mode the default (NORMAL) syncs at checkpoints alone. FULL: what is committed survives a power cut.
      connection.pragma('synchronous = FULL');
      // Heeded by macOS alone, whose fsync leaves the data in the disk's cache.
      connection.pragma('fullfsync = ON');
    });
  });
}

/** Opens an existing file for reading, also while another process writes. Throws StoreOpenError. */
export function openForReading(file: string): Connection {
  return opening(file, () => {
    const connection = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    // The first statement is what reads the file.
    return closingOnError(connection, () => connection.pragma('user_version'));
  });
}

/** Opens a database that is nowhere, to ask the driver about itself. Throws StoreOpenError. */
export function openInMemory(): Connection {
  return opening(':memory:', () => new Database(':memory:'));
}

/** Runs `prepare` and answers the connection; closes it when `prepare` throws. */
export function closingOnError(connection: Connection, prepare: () => void): Connection {
  try {
    prepare();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The code of an error of SQLite, such as `SQLITE_FULL`; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

function requireJournalMode(connection: Connection): void {
  const mode: unknown = connection.pragma('journal_mode = WAL', { simple: true });
  if (mode === 'wal') return;
  throw new StoreOpenError(
    `The database ${connection.name} cannot use a write-ahead log (it stays in mode ${String(mode)}). ` +
      'Network file systems cannot: keep the data folder on a local disk.',
  );
}

function opening(file: string, open: () => Connection): Connection {
  try {
    return open();
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    if (sqliteCode(error) === 'SQLITE_NOTADB') {
      throw new StoreOpenError(
        `The file ${file} is not an SQLite database, or it is damaged. Move it away to start afresh, or choose another data folder.`,
        error,
      );
    }
    requireDriver(error);
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreOpenError(
      `The database ${file} cannot be opened: ${why}. Check that the folder exists and that this user may write to it.`,
      error,
    );
  }
}

/** Throws StoreOpenError when the failure is that the driver's compiled part is missing or made for another Node.js. */
function requireDriver(error: unknown): void {
  if (!(error instanceof Error)) return;
  const isMissing = error.message.startsWith('Could not locate the bindings file');
  const isForeign = 'code' in error && error.code === 'ERR_DLOPEN_FAILED';
  if (!isMissing && !isForeign) return;
  const why = isMissing
    ? 'its compiled part is missing, because its install script did not run'
    : 'its compiled part was made for another Node.js or another kind of computer';
  throw new StoreOpenError(
    `The SQLite driver better-sqlite3 does not load: ${why}. Run \`npm rebuild better-sqlite3\` where it is installed, with the Node.js that is used now (${process.versions.node}).`,
    error,
  );
}
