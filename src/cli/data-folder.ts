import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

/** The absolute path of the data folder. Throws UsageError when it is a file. */
export function dataFolderOf(options: { readonly data?: string }): string {
  const folder = resolve(options.data ?? 'touchstone-data');
  if (statSync(folder, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`--data ${folder} is a file, not a folder: name the folder itself.`);
  return folder;
}
