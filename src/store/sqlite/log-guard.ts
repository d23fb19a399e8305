import type { Connection } from './connection.ts';
import { openForReading } from './connection.ts';

/** Decides what becomes of the write-ahead log when its connection closes. */
export interface LogGuard {
  /** Closes the connection, which removes the log that it has carried over. */
  close(): void;
  /** Closes the connection and leaves log and database as they are, for the recovery of the next start. */
  abandon(): void;
}

/**
 * SQLite carries the log over when the last connection closes, also in the exit hook of the driver. After a failed sync that
 * would take frames whose pages the kernel has dropped, unread, and remove the log; a recovery reads their checksums. A
 * second connection that has read once holds a lock until it closes, which keeps the first from being the last; it cannot
 * write, so it carries nothing over itself. Opened while the disk still works. Throws StoreOpenError.
 */
export function createLogGuard(connection: Connection): LogGuard {
  const second = openForReading(connection.name);
  return {
    close() {
      second.close();
      connection.close();
    },
    abandon: () => void connection.close(),
  };
}
