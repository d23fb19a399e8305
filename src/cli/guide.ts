import type { ServerFacts } from '../application/first-steps.ts';
import { firstNotes, firstSteps } from '../application/first-steps.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';

/** What `serve` prints once it listens: the newcomer's guide, with commands that work as pasted. */
export function renderGuide(facts: ServerFacts, output: Pick<Output, 'color'>): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Directory', facts.directory.localhost],
    ['  IPv4', facts.directory.ipv4],
    ['  IPv6', facts.directory.ipv6],
    ['Page', facts.page],
    ['Publication', facts.publication],
    ['Root certificate', facts.rootCa],
    ['API trust anchor', facts.apiCa],
    ['Data folder', facts.dataFolder],
  ];
  const table = rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name.padEnd(18)}${value}`);
  const steps = firstSteps(facts).map(
    (step) => `${styled(output, 'bold', `# ${step.title}`)}\n${step.command}`,
  );
  return `
${styled(output, 'bold', 'Touchstone is ready.')}

${[table.join('\n'), ...firstNotes(facts)].join('\n\n')}

Paste any of these into a second terminal:

${steps.join('\n\n')}

Ctrl-C stops it.
`;
}
