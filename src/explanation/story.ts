import { ADDRESS_FAMILY_RULES } from '../protocol/address-family-rule.ts';
import { failureClassOf } from '../protocol/failure-class.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationRecord, ValidationStep } from '../protocol/validation-record.ts';
import { tellCorroboration } from './corroboration-story.ts';
import { codeOf } from './failure-problem.ts';
import { hintFor } from './hint.ts';
import { tellStep } from './step-words.ts';
import { verdictWords } from './verdict-words.ts';
import { duration, ended, sentence } from './wording.ts';

/** A line of plain text, and what it is for: who shows it may colour or indent by the role. */
export interface StoryLine {
  readonly role: 'heading' | 'step' | 'rule' | 'passed' | 'failed' | 'hint' | 'more';
  readonly text: string;
}

/** Tells a validation as a story: what was looked up, dialled and answered, which rules decided, and what to change. */
export function tellStory(record: ValidationRecord): readonly StoryLine[] {
  const { identifier, challengeType, addressPolicy, steps, corroboration, failure } = record;
  const when = new Date(record.startedAt).toISOString();
  // Where no address was planned, for instance in dns-01 or in an interrupted validation, no policy decided.
  const policy = steps.some(({ step }) => step === 'plan') ? `, address policy "${addressPolicy}"` : '';
  return [
    { role: 'heading', text: `${challengeType} for ${identifier.value}, ${when}${policy}` },
    ...steps.flatMap(linesOf),
    ...(corroboration === undefined ? [] : tellCorroboration(corroboration, steps)).map(
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

function linesOf(step: ValidationStep): readonly StoryLine[] {
  if (step.step === 'retry') {
    return [{ role: 'rule', text: `${sentence(step.reason)} [rule ${step.rule}]` }];
  }
  const told = tellStep(step).map((text) => ({ role: 'step', text }) as const);
  if (step.step !== 'plan') return told;
  const rules = step.rules.map((rule) => ({
    role: 'rule' as const,
    text: `${ADDRESS_FAMILY_RULES[rule]} [rule ${rule}]`,
  }));
  return [...told, ...rules];
}
