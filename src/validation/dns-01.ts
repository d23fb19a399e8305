import { createHash } from 'node:crypto';
import { dns01Name } from '../protocol/key-authorization.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import { failedLookup, isFailedLookup, KEPT_VALUES, lookupStep } from './lookup-step.ts';
import { printableText } from './printable.ts';
import type { ValidationContext } from './validation-context.ts';
import { stopped } from './validation-context.ts';

/**
 * RFC 8555 section 8.4: one of the TXT records at `_acme-challenge.<name>` is the digest of the key authorization. Answers
 * why it failed, or undefined when it passed.
 */
export async function validateDns01(context: ValidationContext): Promise<ValidationFailure | undefined> {
  const { question, resolver, budget, steps } = context;
  const name = dns01Name(question.identifier.value);
  const answer = await resolver.lookup(name, 'TXT', budget.signal);
  steps.push(lookupStep(answer));
  if (budget.signal.aborted && answer.outcome !== 'answered') return stopped(context);
  if (isFailedLookup(answer)) return { class: 'lookup', hostname: name, lookups: [failedLookup(answer)] };
  if (answer.values.length === 0) return { class: 'no-txt', name, answerSource: answer.source };
  const expected = createHash('sha256').update(question.keyAuthorization).digest('base64url');
  const matched = answer.values.includes(expected);
  const received = answer.values.slice(0, KEPT_VALUES).map((value) => printableText(value));
  steps.push({ step: 'compare', where: name, expected, received, matched });
  return matched ? undefined : { class: 'wrong-txt', name, expected, received };
}
