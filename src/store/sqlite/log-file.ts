import { closeSync, fdatasyncSync, openSync, readSync, realpathSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 1_048_576;

/**
 * Opens the write-ahead log for our own syncs. It is there from the first statement until the connection closes. SQLite's
 * locks are on the other files, so closing this descriptor drops none of them. Throws the errors of the file system.
 */
export function openLog(file: string): number {
  return openSync(logPath(file), 'r+');
}

/**
 * Makes durable what a dead process left in the log, since it is seen from now on: writes it over itself, and syncs it. A
 * sync alone proves nothing where an earlier one failed: the kernel holds the pages that it could not write as clean. To be
 * called before SQLite opens the file. Throws the errors of the file system.
 */
export function rewriteLog(file: string): void {
  let log: number;
  try {
    log = openLog(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; ; ) {
      const length = readSync(log, chunk, 0, CHUNK_BYTES, at);
      if (length === 0) break;
      for (let done = 0; done < length; ) done += writeSync(log, chunk, done, length - done, at + done);
      at += length;
    }
    fdatasyncSync(log);
  } finally {
    closeSync(log);
  }
}

/** SQLite puts the log beside what a symbolic link points to. */
function logPath(file: string): string {
  return `${realpathSync(file)}-wal`;
}
