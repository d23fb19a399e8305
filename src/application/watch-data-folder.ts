import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderLostError } from '../runtime/folder-lock.ts';
import { repeat } from '../runtime/repeat.ts';
import type { Timer } from '../runtime/timer.ts';

/**
 * How long what a server acknowledges may go into files that nobody will find, in milliseconds. A look takes 0.05 ms; one
 * before each commit would cost a percent of the whole.
 */
const LOOK_EVERY_MS = 1000;

/**
 * Watches that the files of the data folder are the ones that the server has open, and tells `onLost` once when one is gone
 * or another: a process goes on writing into a removed file without any error. The returned function ends the watch.
 */
export async function watchDataFolder(options: {
  readonly folder: string;
  /** Names of files that are there, and that nobody else replaces. */
  readonly names: readonly string[];
  readonly timer: Timer;
  readonly onLost: (error: FolderLostError) => void;
}): Promise<() => Promise<void>> {
  const paths = options.names.map((name) => join(options.folder, name));
  const before = await Promise.all(paths.map(identityOf));
  let told = false;
  return repeat({
    intervalMs: LOOK_EVERY_MS,
    timer: options.timer,
    action: async () => {
      const now = await Promise.all(paths.map(identityOf));
      const lost = paths.find((_path, index) => now[index] !== before[index]);
      if (lost === undefined || told) return;
      told = true;
      options.onLost(new FolderLostError(lost));
    },
    // A look that fails otherwise, for instance for want of descriptors, says nothing about the folder.
    onError: () => {},
  });
}

/** Tells two files of one path apart; undefined when there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && /^ENO(?:ENT|TDIR)$/.test(String(error.code));
    if (isGone) return undefined;
    throw error;
  }
}
