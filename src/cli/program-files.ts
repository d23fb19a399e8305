import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The program's own files are found from here, never from the working directory. */
const packageFolder = new URL('../../', import.meta.url);

/** Absolute path of a file or folder that ships with the program, such as `migrations/sqlite`. */
export function programPath(relative: string): string {
  return fileURLToPath(new URL(relative, packageFolder));
}

/** The package's version. */
export function programVersion(): string {
  const description: unknown = JSON.parse(readFileSync(programPath('package.json'), 'utf8'));
  const version =
    typeof description === 'object' && description !== null && 'version' in description
      ? description.version
      : '';
  return String(version);
}
