import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolderOf } from './data-folder.ts';
import type { Output } from './output.ts';
import { shellCommandOn } from './program-files.ts';
import { UsageError } from './usage-error.ts';

/** `touchstone root`: prints the issuing root. Throws UsageError when the folder holds none yet. */
export function root(options: { readonly data?: string; readonly json?: boolean }, output: Output): void {
  const folder = dataFolderOf(options);
  const file = join(folder, 'root-ca.pem');
  const pem = readRoot(folder, file);
  output.out(options.json === true ? `${JSON.stringify({ file, pem })}\n` : pem);
}

function readRoot(folder: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(
      `there is no root certificate at ${file}. The first start of the server makes it: \`${shellCommandOn(folder, 'serve')}\`. If you have another data folder, name it with --data DIR.`,
    );
  }
}
