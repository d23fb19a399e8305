import { codeOf, describeFailure } from '../explanation/failure-problem.ts';
import { hintFor } from '../explanation/hint.ts';
import { reachedWords, rehearsalCautions } from '../explanation/rehearsal-words.ts';
import type { StoryLine } from '../explanation/story.ts';
import { tellStory } from '../explanation/story.ts';
import { verdictWords } from '../explanation/verdict-words.ts';
import { suffices } from '../policy/rehearsal.ts';
import type { AddressPolicy } from '../protocol/address-family-rule.ts';
import type { FailureClass } from '../protocol/failure-class.ts';
import { failureClassOf } from '../protocol/failure-class.ts';
import type { ErrorCode } from '../protocol/problem.ts';
import type { ValidationRecord } from '../protocol/validation-record.ts';

import type { CheckSubject } from './check-question.ts';

/** A rehearsal under one policy. */
export interface CheckRun {
  readonly policy: AddressPolicy;
  readonly record: ValidationRecord;
  readonly verdict: CheckVerdict;
}

/** What a check has to tell. */
export interface CheckReport {
  /** As it was typed. */
  readonly name: string;
  readonly subject: CheckSubject;
  /** The one of the runs that is told in full. */
  readonly told: CheckRun;
  readonly runs: readonly CheckRun[];
}

/** What a check found. */
export interface CheckVerdict {
  /** Nothing was in the way but that there is no order yet. */
  readonly ok: boolean;
  /** A sentence or two. */
  readonly words: string;
  /** What may yet go wrong, or could not be told, one sentence each. */
  readonly cautions: readonly string[];
  /** Present where it is not OK. */
  readonly failure?: CheckFailure;
}

export interface CheckFailure {
  readonly class: FailureClass;
  readonly code: ErrorCode;
  /** What happened, where and by which rule, as the API would say it. */
  readonly detail: string;
  /** What to change. */
  readonly hint: string;
}

/** Judges the record of a rehearsal. */
export function checkVerdict(record: ValidationRecord): CheckVerdict {
  const { failure } = record;
  const cautions = rehearsalCautions(record);
  if (failure === undefined || suffices(failure, true))
    return { ok: true, words: reachedWords(withoutProof(record)), cautions };
  const found = {
    class: failureClassOf(failure),
    code: codeOf(failure),
    detail: describeFailure(failure),
    hint: hintFor(failure),
  };
  return { ok: false, words: `${verdictWords(failure)}.`, cautions, failure: found };
}

/** The verdict in a word or two. */
export function verdictName({ failure }: CheckVerdict): string {
  return failure?.class ?? 'OK';
}

/** The story of a rehearsal, which ends in the verdict of the check: nobody was there to pass. */
export function checkStory({ record, verdict }: CheckRun): readonly StoryLine[] {
  const told = tellStory(verdict.ok ? withoutProof(record) : record, true).filter(
    ({ role }) => !ENDINGS.includes(role),
  );
  const { words, failure } = verdict;
  if (failure === undefined) return [...told, { role: 'passed', text: `OK: ${words}` }];
  return [
    ...told,
    { role: 'failed', text: `Not OK: ${failure.class}: ${words}` },
    { role: 'hint', text: failure.hint },
    { role: 'more', text: `docs/diagnosis.md#${failure.class}` },
  ];
}

const ENDINGS: readonly StoryLine['role'][] = ['passed', 'failed', 'hint', 'more'];

/** What is expected to be absent is no step of the way, and no perspective's failure. */
function withoutProof({ corroboration, ...record }: ValidationRecord): ValidationRecord {
  const steps = record.steps.filter(({ step }) => step !== 'compare');
  if (corroboration === undefined) return { ...record, steps };
  const remotes = corroboration.remotes.map(({ failure, ...remote }) =>
    failure === undefined || suffices(failure, true) ? remote : { ...remote, failure },
  );
  return { ...record, steps, corroboration: { ...corroboration, remotes } };
}
