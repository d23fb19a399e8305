import { closingOnError, openForHolding } from './connection.ts';
import { opening, sqliteCode } from './opening.ts';

/**
 * Takes the file for this process by the operating system's own lock, and makes it, empty, when it is missing. Returns how it
 * is given free, or undefined when another process holds it, or this one by an earlier call. The system frees it when the
 * process ends, however it ends, and it holds between processes that cannot see each other, such as those of two containers.
 * Nothing else may open the file in this process: POSIX frees the locks of a process at any close of the file. Throws
 * StoreOpenError.
 */
export function holdFile(file: string): (() => void) | undefined {
  return opening(file, () => {
    const connection = openForHolding(file);
    return closingOnError(connection, () => {
      try {
        // Nothing is ever written, so that no journal on the disk is needed: the transaction stays open for its lock.
        connection.pragma('journal_mode = MEMORY');
        connection.exec('BEGIN EXCLUSIVE');
        return () => void connection.close();
      } catch (error) {
        if (sqliteCode(error) !== 'SQLITE_BUSY') throw error;
        connection.close();
        return undefined;
      }
    });
  });
}
