import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes the folder, and those above it, where they are missing. Returns the highest one that it made, undefined when all
 * were there. Throws the file system's error, in bounded time also where nobody may make a folder: Node's own recursive
 * mkdir does not come back from `/proc/x`, which the kernel answers with ENOENT again and again.
 */
export function makeFolders(path: string, mode = 0o777): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); statSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at)) {
    missing.unshift(at);
    if (dirname(at) === at) break;
  }
  const [highest] = missing;
  if (highest === undefined) requireFolder(path, mode);
  for (const folder of missing) requireFolder(folder, mode);
  return highest;
}

/** Another program may make the same folder at the same time. */
function requireFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
