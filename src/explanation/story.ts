import { failureClassOf } from '../protocol/failure-class.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import type { LookupStep, ValidationRecord, ValidationStep } from '../protocol/validation-record.ts';
import { tellCorroboration } from './corroboration-story.ts';
import { codeOf } from './failure-problem.ts';
import { hintFor } from './hint.ts';
import { tellAddresses, tellAddressesAgain, tellClimb } from './lookup-story.ts';
import { tellPlanRules, tellRetry } from './rule-words.ts';
import type { StepGroup } from './step-groups.ts';
import { groupSteps } from './step-groups.ts';
import { tellHops, tellRedirect, tellStep } from './step-words.ts';
import { verdictWords } from './verdict-words.ts';
import { duration, ended } from './wording.ts';

/** A line of plain text, and what it is for: who shows it may colour or indent by the role. */
export interface StoryLine {
  readonly role: 'heading' | 'step' | 'rule' | 'passed' | 'failed' | 'hint' | 'more';
  readonly text: string;
}

/** Tells a validation as a story: what was looked up, dialled and answered, which rules decided, and what to change. A `rehearsal` proved nothing. */
export function tellStory(record: ValidationRecord, rehearsal = false): readonly StoryLine[] {
  const { identifier, challengeType, addressPolicy, steps, corroboration, failure } = record;
  const when = new Date(record.startedAt).toISOString();
  // Where no address was planned, for instance in dns-01 or in an interrupted validation, no policy decided.
  const policy = steps.some(({ step }) => step === 'plan') ? `, address policy "${addressPolicy}"` : '';
  return [
    { role: 'heading', text: `${challengeType} for ${identifier.value}, ${when}${policy}` },
    ...tellSteps(steps),
    ...(corroboration === undefined ? [] : tellCorroboration(corroboration, steps, rehearsal)).map(
      (text) => ({ role: 'step', text }) as const,
    ),
    ...(failure === undefined
      ? [{ role: 'passed', text: `Passed in ${duration(record.durationMs)}.` } as const]
      : ([
          { role: 'failed', text: verdict(record.durationMs, failure) },
          { role: 'hint', text: hintFor(failure) },
          { role: 'more', text: `docs/diagnosis.md#${failureClassOf(failure)}` },
        ] as const)),
  ];
}

function verdict(durationMs: number, failure: ValidationFailure): string {
  const called = `${codeOf(failure)} (${failureClassOf(failure)})`;
  return `Failed after ${duration(durationMs)}: ${called}: ${ended(verdictWords(failure))}`;
}

/** All steps in order; what was last said to be fetched is not spelt out again. */
function tellSteps(steps: readonly ValidationStep[]): readonly StoryLine[] {
  const lines: StoryLine[] = [];
  const found = new Set<string>();
  let toldUrl: string | undefined;
  for (const group of groupSteps(steps)) {
    const again = group.group === 'addresses' && found.has(findings(group.steps));
    lines.push(
      ...(again
        ? [{ role: 'step', text: tellAddressesAgain(group.steps) } as const]
        : linesOf(group, toldUrl)),
    );
    if (group.group === 'addresses') found.add(findings(group.steps));
    if (group.group === 'redirect') toldUrl = group.redirect.to;
    if (group.group === 'hops') toldUrl = group.hops.at(-1)?.redirect.to;
    if (group.group === 'single' && group.step.step === 'plan') toldUrl = group.step.url;
  }
  return lines;
}

function findings(steps: readonly LookupStep[]): string {
  return JSON.stringify(
    steps.map(({ name, type, source, cnames, values }) => [name, type, source, cnames, values]),
  );
}

function linesOf(group: StepGroup, toldUrl: string | undefined): readonly StoryLine[] {
  switch (group.group) {
    case 'addresses':
      return [{ role: 'step', text: tellAddresses(group.steps) }];
    case 'climb':
      return [{ role: 'step', text: tellClimb(group.steps) }];
    case 'redirect':
      return [{ role: 'step', text: tellRedirect(group.response, group.redirect, toldUrl) }];
    case 'hops':
      return [{ role: 'step', text: tellHops(group.hops) }];
    case 'single':
      return linesOfStep(group.step, toldUrl);
  }
}

function linesOfStep(step: ValidationStep, toldUrl: string | undefined): readonly StoryLine[] {
  if (step.step === 'retry') return [{ role: 'rule', text: tellRetry(step) }];
  const told = tellStep(step, toldUrl).map((text) => ({ role: 'step', text }) as const);
  const rules = step.step === 'plan' ? tellPlanRules(step) : undefined;
  return rules === undefined ? told : [...told, { role: 'rule', text: rules }];
}
