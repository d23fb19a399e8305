import { readFileSync } from 'node:fs';
import { programPath, shellCommand } from '../application/program-files.ts';
import { shellWord } from '../application/shell-word.ts';

/** The package's version. */
export function programVersion(): string {
  const description: unknown = JSON.parse(readFileSync(programPath('package.json'), 'utf8'));
  const version =
    typeof description === 'object' && description !== null && 'version' in description
      ? description.version
      : '';
  return String(version);
}

/** A command of the program on a data folder, as it can be pasted anywhere. */
export function shellCommandOn(dataFolder: string, words: string): string {
  return `${shellCommand()} ${words} --data ${shellWord(dataFolder)}`;
}
