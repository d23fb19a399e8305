import { createHash } from 'node:crypto';
import type { Answer } from '../dns/resolver.ts';
import type { NearestTxt } from '../policy/txt-digest.ts';
import { nearestTxt } from '../policy/txt-digest.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import { aliasIn, failedLookup, isFailedLookup, KEPT_VALUES, lookupStep } from './lookup-step.ts';
import { printableText } from './printable.ts';
import type { ValidationContext } from './validation-context.ts';
import { stopped } from './validation-context.ts';

/** Where a TXT record is expected: its name, whose label that has in dns-account-01, and the record that dns-persist-01 wants. */
export interface TxtPlace {
  readonly name: string;
  readonly accountUrl?: string;
  readonly expected?: string;
}

/** Looks the TXT records of a name up, and records it. Answers at least one of them. */
export async function lookUpTxt(
  context: ValidationContext,
  place: TxtPlace,
): Promise<Result<Answer, ValidationFailure>> {
  const { resolver, budget, steps } = context;
  const { name, expected } = place;
  const answer = await resolver.lookup(name, 'TXT', budget.signal);
  steps.push(lookupStep(answer));
  if (budget.signal.aborted && answer.outcome !== 'answered') return refused(stopped(context));
  if (isFailedLookup(answer))
    return refused({
      class: 'lookup',
      hostname: name,
      lookups: [failedLookup(answer)],
      ...(expected === undefined ? {} : { expected }),
    });
  if (answer.values.length > 0) return accepted(answer);
  const asked = context.question.wildcard ? ({ wildcard: true } as const) : {};
  return refused({ class: 'no-txt', ...place, ...aliasIn(answer), answerSource: answer.source, ...asked });
}

/**
 * RFC 8555 section 8.4, of which dns-account-01 differs by the name alone: one of the TXT records there is the digest of the
 * key authorization. Answers why it failed, or undefined when it passed.
 */
export async function findDigest(
  context: ValidationContext,
  place: TxtPlace,
): Promise<ValidationFailure | undefined> {
  const found = await lookUpTxt(context, place);
  if (!found.ok) return found.refusal;
  const { keyAuthorization, token } = context.question;
  const expected = createHash('sha256').update(keyAuthorization).digest('base64url');
  const { values } = found.value;
  const matched = values.includes(expected);
  const received = keptValues(values);
  context.steps.push({ step: 'compare', where: place.name, expected, received, matched });
  if (matched) return undefined;
  const inAll = values.length > received.length ? { receivedInAll: values.length } : {};
  const nearest = keptNearest(nearestTxt(values, { digest: expected, keyAuthorization, token }));
  return { class: 'wrong-txt', ...place, ...aliasIn(found.value), expected, received, ...inAll, ...nearest };
}

/** What is kept of the values of an answer. They are the other side's words, so they are made printable. */
export function keptValues(values: readonly string[]): readonly string[] {
  return values.slice(0, KEPT_VALUES).map((value) => printableText(value));
}

function keptNearest({ value, cause }: NearestTxt) {
  return { nearest: printableText(value), ...(cause === undefined ? {} : { cause }) };
}
