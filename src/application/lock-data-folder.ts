import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFolder } from '../runtime/durable-files.ts';
import type { FolderLock } from '../runtime/folder-lock.ts';
import { FolderInUseError, lockFolder, readLiveLock, UnreadableLockError } from '../runtime/folder-lock.ts';
import { holdFile } from '../store/sqlite/hold-file.ts';
import { StoreOpenError } from '../store/store-errors.ts';
import { ConfigurationError } from './configuration-error.ts';

/** Held by the operating system while the server runs; empty, and left there, since its removal would race with the next start. */
export const HELD_FILE = 'lock.db';

/**
 * Makes the data folder when it is missing, and takes it for this process: by the system's lock on `lock.db`, which also
 * holds against a server in another container, and by the file `lock`, which says who holds it. Rejects with
 * FolderInUseError, UnreadableLockError, StoreOpenError, and ConfigurationError for a folder that cannot be used.
 */
export async function lockDataFolder(folder: string): Promise<FolderLock> {
  try {
    await ensureFolder(folder, 0o700);
    await access(folder, constants.W_OK);
    return holdAndLock(folder);
  } catch (error) {
    if (
      error instanceof FolderInUseError ||
      error instanceof UnreadableLockError ||
      error instanceof StoreOpenError
    )
      throw error;
    const isFile = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = isFile
      ? 'is a file, not a folder'
      : error instanceof Error
        ? error.message
        : String(error);
    throw new ConfigurationError([
      `the data folder ${folder}: ${reason}. Choose another with --data DIR, or make this one usable.`,
    ]);
  }
}

/** The system's lock first: who has it may take away what a process left that it cannot see, because that one has ended. */
function holdAndLock(folder: string): FolderLock {
  const free = holdFile(join(folder, HELD_FILE));
  if (free === undefined) throw new FolderInUseError(folder, readLiveLock(folder)?.pid);
  try {
    const lock = lockFolder(folder);
    return {
      publish: lock.publish,
      release: () => {
        try {
          lock.release();
        } finally {
          free();
        }
      },
    };
  } catch (error) {
    free();
    throw error;
  }
}
