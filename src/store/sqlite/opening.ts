import Database from 'better-sqlite3';
import { StoreOpenError } from '../store-errors.ts';

/** The code of an error of SQLite, such as `SQLITE_FULL`; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/** Runs what belongs to the opening of a database; an error of SQLite in it becomes a StoreOpenError that says what to do. */
export function opening<Outcome>(file: string, open: () => Outcome): Outcome {
  try {
    return open();
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    requireDriver(error);
    throw new StoreOpenError(describe(file, sqliteCode(error), error), error);
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

const ANOTHER =
  'or move it away with its -wal and -shm files: the next start then makes an empty one, with the same CA';

function describe(file: string, code: string | undefined, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  if (code === 'SQLITE_NOTADB')
    return `The file ${file} is not an SQLite database, or it is damaged. Restore it from a backup, ${ANOTHER}.`;
  if (code?.startsWith('SQLITE_CORRUPT'))
    return `The database ${file} is damaged (${why}). Restore it from a backup, ${ANOTHER}.`;
  // The file was read, and a table or column that the statements name is not there.
  if (code === 'SQLITE_ERROR')
    return `The database ${file} lacks a part of its schema (${why}): another program has changed it, or it is damaged. Restore it from a backup, ${ANOTHER}.`;
  if (code === 'SQLITE_FULL')
    return `The database ${file} cannot be opened: the disk is full. Make room, and start again.`;
  if (code?.startsWith('SQLITE_IOERR'))
    return `The database ${file} cannot be opened: the disk is full, or fails (${code}). Look at it and its space, and start again.`;
  return `The database ${file} cannot be opened: ${why}. Check that the folder exists and that this user may write to it.`;
}
