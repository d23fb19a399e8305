import { chmod, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FileWriteError } from './file-write-error.ts';
import { makeFolders } from './make-folders.ts';

/**
 * Writes a file so that it is there in whole, or as it was before, whenever the power fails: a temporary file in the same
 * folder, synced, renamed over the path, and the folder synced. The mode is the file's from its first byte on. Rejects
 * with FileWriteError, and then leaves no temporary file behind.
 */
export async function writeDurably(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  // The name is the process's own, and a leftover of a crash is written over.
  const temporary = `${path}.${process.pid}.new`;
  try {
    await rm(temporary, { force: true });
    await writeSynced(temporary, bytes, mode);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new FileWriteError(path, error);
  }
}

/**
 * Makes the folder, and those above it, where they are missing, and gives a folder that it makes the mode (which the
 * process's umask cannot then narrow or widen). One that is there keeps its own: it may be shared with others. Rejects with
 * the file system's error.
 */
export async function ensureFolder(path: string, mode: number): Promise<void> {
  const made = makeFolders(path, mode);
  if (made === undefined) return;
  await chmod(path, mode);
  const highest = dirname(made);
  let parent = resolve(path);
  do {
    parent = dirname(parent);
    await syncFolder(parent);
  } while (parent.length > highest.length);
}

/** As `ensureFolder`, for a folder that nobody else has a share in: one that is there gets the mode, too. */
export async function ensureOwnFolder(path: string, mode: number): Promise<void> {
  await ensureFolder(path, mode);
  // Another owner's folder that is as it should be is no reason to fail.
  if (((await stat(path)).mode & 0o777) !== mode) await chmod(path, mode);
}

async function writeSynced(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is on disk only when the folder is. Windows has no such thing: its folders cannot be opened. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
