import { decidePersist, persistRecordFor } from '../policy/persist.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import { aliasIn, KEPT_VALUES } from './lookup-step.ts';
import { keptValues, lookUpTxt } from './txt-lookup.ts';
import type { ValidationContext } from './validation-context.ts';
import { requireAccountUrl } from './validation-context.ts';

/**
 * draft-ietf-acme-dns-persist: a TXT record at `_validation-persist.<name>`, which stays, lets the account have certificates
 * of this CA. Answers why it failed, or undefined when it passed. Throws when no account asks.
 */
export async function validateDnsPersist01(
  context: ValidationContext,
): Promise<ValidationFailure | undefined> {
  const { question, config, clock, steps } = context;
  const accountUrl = requireAccountUrl(context);
  const { identities: issuers } = config.caa;
  const name = `_validation-persist.${question.identifier.value}`;
  const asked = { issuers, accountUrl, wildcard: question.wildcard };
  const expected = persistRecordFor(asked);
  const found = await lookUpTxt(context, { name, expected });
  if (!found.ok) return found.refusal;
  const received = keptValues(found.value.values);
  const decision = decidePersist(found.value.values, { ...asked, now: clock.now() });
  steps.push({ step: 'compare', where: name, expected, received, matched: decision.allowed });
  if (decision.allowed) return undefined;
  const { fault } = decision;
  const reasons = decision.reasons.slice(0, KEPT_VALUES);
  return { class: 'persist', name, ...aliasIn(found.value), fault, reasons, expected };
}
