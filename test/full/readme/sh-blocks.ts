import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ShellBlock {
  /** The line of the README on which the block begins. */
  readonly line: number;
  readonly command: string;
}

/** The README's blocks that are marked as shell commands, in their order. */
export function readmeBlocks(): readonly ShellBlock[] {
  const text = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    command: match[1] ?? '',
  }));
}

/** The commands under `Paste any of these` of what the server prints, each with its title as it stands. */
export function guideBlocks(guide: string): readonly string[] {
  const pasted = /Paste any of these[^\n]*\n\n([\s\S]*?)\n\nCtrl-C/.exec(guide)?.[1] ?? '';
  return pasted.split('\n\n');
}

/** A row of the guide's table, for instance `Root certificate`. Throws when it is not there. */
export function guideRow(guide: string, name: string): string {
  const value = new RegExp(`^  ${name}\\s+(\\S.*)$`, 'm').exec(guide)?.[1];
  if (value === undefined) throw new Error(`the guide has no row "${name}":\n${guide}`);
  return value;
}
