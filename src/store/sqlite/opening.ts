import Database from 'better-sqlite3';
import { StoreOpenError } from '../store-errors.ts';

/** The code of an error of SQLite, such as `SQLITE_FULL`; undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/**
 * Runs what belongs to the opening of a database; an error of SQLite or of the file system in it becomes a StoreOpenError
 * that says what to do. Any other error is a bug, and passes.
 */
export function opening<Outcome>(file: string, open: () => Outcome): Outcome {
  try {
    return open();
  } catch (error) {
    if (error instanceof StoreOpenError) throw error;
    requireDriver(error);
    const code = sqliteCode(error) ?? systemCode(error);
    if (code === undefined && !isMissingFolder(error)) throw error;
    throw new StoreOpenError(describe(file, code, error), error);
  }
}

/** The code of an error of the file system, such as `ENOSPC`; undefined for any other error. */
function systemCode(error: unknown): string | undefined {
  const isOfSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  return isOfSystem ? String(error.code) : undefined;
}

/** The driver looks for the folder itself, and throws a TypeError without a code. */
function isMissingFolder(error: unknown): boolean {
  return error instanceof TypeError && error.message.endsWith('the directory does not exist');
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
  if (code !== undefined && /^(?:SQLITE_FULL|ENOSPC|EDQUOT)$/.test(code))
    return `The database ${file} cannot be opened: the disk is full. Make room, and start again.`;
  if (code?.startsWith('SQLITE_IOERR'))
    return `The database ${file} cannot be opened: the disk is full, or fails (${code}). Look at it and its space, and start again.`;
  if (code === 'EIO')
    return `The database ${file} cannot be opened: the disk fails (${why}). Look at it, and start again.`;
  if (code === 'EMFILE' || code === 'ENFILE')
    return `The database ${file} cannot be opened: too many files are open (${why}). Raise the limit, for instance with: ulimit -n 65536`;
  return `The database ${file} cannot be opened: ${why}. Check that the folder exists and that this user may write to it.`;
}
