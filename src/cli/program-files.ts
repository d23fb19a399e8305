import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shellWord } from '../application/shell-word.ts';

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

/** The command that runs the program, as it can be pasted: the built file has the executable bit and a #! line, except on Windows. */
export function shellCommand(): string {
  const program = programPath('dist/cli/touchstone.js');
  return process.platform === 'win32' ? `node "${program}"` : shellWord(program);
}

/** A command of the program on a data folder, as it can be pasted anywhere. */
export function shellCommandOn(dataFolder: string, words: string): string {
  return `${shellCommand()} ${words} --data ${shellWord(dataFolder)}`;
}
