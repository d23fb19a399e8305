import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

/** The absolute path of the data folder. Throws UsageError when it is empty or a file. */
export function dataFolderOf(options: { readonly data?: string }): string {
  if (options.data === '')
    throw new UsageError(
      '--data (or TOUCHSTONE_DATA) is empty: is a shell variable unset? Name the data folder, or leave it out for ./touchstone-data.',
    );
  const folder = resolve(options.data ?? 'touchstone-data');
  if (statSync(folder, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`--data ${folder} is a file, not a folder: name the folder itself.`);
  return folder;
}
