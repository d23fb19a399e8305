import type { StoryLine } from '../explanation/story.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';
import { wrap } from './wrap.ts';

type Style = Parameters<typeof styled>[1];

/** How a line of each role is indented below the heading, begun and coloured. */
const APPEARANCES: Readonly<
  Record<StoryLine['role'], { readonly indent: number; readonly start?: string; readonly style?: Style }>
> = {
  heading: { indent: 0, style: 'cyan' },
  step: { indent: 2 },
  rule: { indent: 4, start: '-> ', style: 'dim' },
  passed: { indent: 2, style: 'green' },
  failed: { indent: 2, style: 'red' },
  hint: { indent: 2, start: 'What to change: ', style: 'yellow' },
  more: { indent: 2, start: 'More about it: ', style: 'dim' },
};

/**
 * A line of a story for a terminal or a pipe, in as many lines as it takes: what belongs to the heading is indented below it, and
 * all of it by `indent` columns.
 */
export function renderStoryLine({ role, text }: StoryLine, output: Output, indent = 0): string {
  const { start = '', style, indent: below } = APPEARANCES[role];
  return renderText(`${start}${text}`, output, {
    indent: indent + below,
    hanging: role === 'rule' ? start.length : HANGING,
    ...(style === undefined ? {} : { style }),
  });
}

const HANGING = 2;

/** Running text, broken into lines where the output is only so wide; `hanging` further in after the first. */
export function renderText(
  text: string,
  output: Output,
  { indent, hanging = HANGING, style }: { indent: number; hanging?: number; style?: Style },
): string {
  const before = ' '.repeat(indent);
  const lines = output.columns === undefined ? [text] : wrap(text, output.columns - indent, hanging);
  return lines
    .map((line) => `${before}${style === undefined ? line : styled(output, style, line)}`)
    .join('\n');
}
