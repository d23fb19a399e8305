import type { Answer } from '../dns/resolver.ts';
import { caaNames, decideCaa, isCaaFault } from '../policy/caa.ts';
import type { CaaRecord } from '../protocol/caa.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import { failedLookup, KEPT_NAME_BYTES, KEPT_VALUES, lookupStep } from './lookup-step.ts';
import { printable, printableText } from './printable.ts';
import type { ValidationContext } from './validation-context.ts';
import { stopped } from './validation-context.ts';

/**
 * RFC 8659 section 3: looks for the record set that is relevant for the name, and answers why it forbids issuance, or
 * undefined when it does not. Addresses have no CAA. A look-up that fails at the name, or between it and the set, forbids:
 * who cannot tell must not issue; above the set it does not matter.
 */
export async function checkCaa(context: ValidationContext): Promise<ValidationFailure | undefined> {
  const { question, config, budget } = context;
  const { identifier, wildcard } = question;
  if (!config.caa.enabled || identifier.type !== 'dns') return undefined;
  const name = identifier.value;
  const deciding = await climb(context, name);
  if (deciding !== undefined && isCaaFault(deciding.name, deciding.outcome, config.addressPolicy)) {
    return budget.signal.aborted
      ? stopped(context)
      : { class: 'caa-lookup', name, wildcard, lookup: failedLookup(deciding) };
  }
  return judge(context, name, deciding);
}

/** Public names have ten labels at most, so that theirs are asked about side by side. */
const NAMES_AT_ONCE = 10;

/** Asks about the name and those above it. Answers what decides: the lowest one with records, or that could not be asked. */
async function climb(context: ValidationContext, name: string): Promise<Answer | undefined> {
  const { resolver, config, budget, steps } = context;
  const names = resolver.answersItself(name) ? [name] : caaNames(name);
  for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
    const answers = await Promise.all(
      names.slice(at, at + NAMES_AT_ONCE).map((each) => resolver.lookup(each, 'CAA', budget.signal)),
    );
    steps.push(...answers.map(lookupStep));
    const deciding = answers.find(
      (answer) =>
        recordsOf(answer).length > 0 || isCaaFault(answer.name, answer.outcome, config.addressPolicy),
    );
    if (deciding !== undefined) return deciding;
  }
  return undefined;
}

function judge(
  { question, config, steps }: ValidationContext,
  name: string,
  found: Answer | undefined,
): ValidationFailure | undefined {
  const { identities } = config.caa;
  const { wildcard, challengeType: method, accountUrl } = question;
  const records = found === undefined ? [] : recordsOf(found);
  const verdict = decideCaa(records, {
    identities,
    wildcard,
    method,
    ...(accountUrl === undefined ? {} : { accountUrl }),
  });
  steps.push({
    step: 'caa',
    name,
    wildcard,
    ...(found === undefined ? {} : { foundAt: ownerOf(found) }),
    records: records.slice(0, KEPT_VALUES).map((each) => keptRecord(each)),
    decision: verdict.decision,
  });
  if (verdict.allowed) return undefined;
  const { allowed: _allowed, record, ...facts } = verdict;
  const foundAt = found === undefined ? name : ownerOf(found);
  return {
    class: 'caa',
    name,
    wildcard,
    foundAt,
    ...facts,
    record: keptRecord(record, KEPT_OF_DECIDING),
    identities,
    ...(foundAt === name || found === undefined || found.cnames.length === 0
      ? {}
      : { alias: printableText(found.name, KEPT_NAME_BYTES) }),
  };
}

function recordsOf({ caa = [] }: Answer): readonly CaaRecord[] {
  return caa;
}

/** Where the records are: at the end of the aliases that the look-up went through. */
function ownerOf({ name, cnames }: Answer): string {
  return printableText(cnames.at(-1) ?? name, KEPT_NAME_BYTES);
}

/** Tag and value are the domain's owner's words; the resolver gives one character for each byte. */
function keptRecord({ critical, tag, value }: CaaRecord, limit?: number): CaaRecord {
  return { critical, tag: printableText(tag), value: printable(Buffer.from(value, 'latin1'), limit) };
}

/** Bytes of the one that decides: room for a name and an account's URL, so that its owner can be told the whole of a better one. */
const KEPT_OF_DECIDING = 512;
