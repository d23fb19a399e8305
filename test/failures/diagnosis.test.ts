import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAILURE_CLASSES } from '../../src/protocol/failure-class.ts';
import { FAILURE_CASES } from './table.ts';

/** The sections of docs/diagnosis.md: heading and text. */
function sections(): readonly (readonly [heading: string, text: string])[] {
  const [, ...parts] = readFileSync(new URL('../../docs/diagnosis.md', import.meta.url), 'utf8').split(
    /^## /m,
  );
  return parts.map((part) => {
    const [heading = '', ...lines] = part.split('\n');
    return [heading, lines.join('\n')];
  });
}

test('docs/diagnosis.md has a section for each class of failure, in the order of the list', () => {
  expect(sections().map(([heading]) => heading)).toEqual(FAILURE_CLASSES);
});

test.each(sections())('docs/diagnosis.md on %s says what happened, why and what to change', (_, text) => {
  for (const part of ['**The CA sees:**', '**Usual reasons:**', '**Change:**']) expect(text).toContain(part);
});

test.each(sections())(
  'the example of docs/diagnosis.md for %s is what a row of the table gives',
  (heading, text) => {
    const examples = [...text.matchAll(/^```text\n(.*)\n```$/gm)].map(([, example]) => example);
    expect(examples).not.toEqual([]);
    const details = FAILURE_CASES.filter(({ is }) => is === heading).map(({ detail }) => detail);
    for (const example of examples) expect(details).toContain(example);
  },
);
