import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** `touchstone root`: prints the issuing root. Throws UsageError when the folder holds none yet. */
export function root(options: { readonly data?: string; readonly json?: boolean }, output: Output): void {
  const file = join(resolve(options.data ?? 'touchstone-data'), 'root-ca.pem');
  const pem = readRoot(file);
  output.out(options.json === true ? `${JSON.stringify({ file, pem })}\n` : pem);
}

function readRoot(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(
      `there is no root certificate at ${file}. The first \`touchstone serve\` makes it; with another data folder, say --data DIR.`,
    );
  }
}
