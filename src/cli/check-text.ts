import type { AcmeError } from '../protocol/acme-error.ts';
import type { CheckReport } from './check-run.ts';
import { checkStory } from './check-run.ts';
import { renderComparison } from './check-table.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';
import { renderStoryLine, renderText } from './story-text.ts';

/** A check for a person: with several policies their comparison first, then the story of one, which ends in the verdict. */
export function renderCheck({ told, runs }: CheckReport, output: Output): string {
  const isCompared = runs.length > 1;
  const lines = [
    ...(isCompared ? [...renderComparison(runs, output), ''] : []),
    // The table has the rules already, and both are to stand on one screen.
    ...checkStory(told)
      .filter(({ role }) => !isCompared || role !== 'rule')
      .map((line) => renderStoryLine(line, output)),
    ...told.verdict.cautions.map((caution) =>
      renderText(`Note: ${caution}`, output, { indent: 2, style: 'yellow' }),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** A name that an order would be refused for. */
export function renderRefused({ code, message }: AcmeError, output: Output): string {
  return `${styled(output, 'red', `Not OK: an order for it would be refused: ${code}: ${message}`)}\n`;
}
