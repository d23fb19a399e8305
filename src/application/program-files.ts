import { fileURLToPath } from 'node:url';
import { shellWord } from './shell-word.ts';

/**
 * The program's own files are found from here, never from the working directory. The bundle's files that may hold this
 * code are as deep below the package's folder as this one.
 */
const packageFolder = new URL('../../', import.meta.url);

/** Absolute path of a file or folder that ships with the program, such as `migrations/sqlite`. */
export function programPath(relative: string): string {
  return fileURLToPath(new URL(relative, packageFolder));
}

/** The command that runs the program, as it can be pasted: the built file has the executable bit and a #! line, except on Windows. */
export function shellCommand(): string {
  const program = programPath('dist/cli/touchstone.js');
  return process.platform === 'win32' ? `node "${program}"` : shellWord(program);
}
