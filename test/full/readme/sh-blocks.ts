import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ShellBlock {
  /** The line of the text on which the block begins. */
  readonly line: number;
  readonly command: string;
}

/** The README's blocks that are marked as shell commands, in their order. */
export function readmeBlocks(): readonly ShellBlock[] {
  return shellBlocks(readPage('README.md'));
}

/** Those of one section of docs/lessons.md, by its heading. Throws when there is none. */
export function lessonBlocks(heading: string): readonly ShellBlock[] {
  const section = readPage('docs/lessons.md')
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/lessons.md has no section "${heading}"`);
  return shellBlocks(section);
}

function readPage(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
}

function shellBlocks(text: string): readonly ShellBlock[] {
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
