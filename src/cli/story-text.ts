import type { StoryLine } from '../explanation/story.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';

/** A line of a story for a terminal or a pipe: what belongs to the heading is indented below it. */
export function renderStoryLine({ role, text }: StoryLine, output: Output): string {
  switch (role) {
    case 'heading':
      return styled(output, 'cyan', text);
    case 'step':
      return `  ${text}`;
    case 'rule':
      return `    ${styled(output, 'dim', `-> ${text}`)}`;
    case 'passed':
      return `  ${styled(output, 'green', text)}`;
    case 'failed':
      return `  ${styled(output, 'red', text)}`;
    case 'hint':
      return `  ${styled(output, 'yellow', `What to change: ${text}`)}`;
    case 'more':
      return `  ${styled(output, 'dim', `More about it: ${text}`)}`;
  }
}
