import type { Answer, AnswerOutcome } from '../dns/resolver.ts';
import type { FailedLookup } from '../protocol/validation-failure.ts';
import type { LookupStep } from '../protocol/validation-record.ts';
import { KEPT_BYTES, printableText } from './printable.ts';

/** An answer may hold thousands of records; a record of one attempt need not. */
export const KEPT_VALUES = 32;
/** The longest name of RFC 1035 section 3.1, written out with escapes. */
export const KEPT_NAME_BYTES = 1024;
/** Of what explains a failure in its one sentence. */
const KEPT_BECAUSE_BYTES = 256;

/** What is kept of an answer. Names and values are the other side's words, so they are made printable. */
export function lookupStep(answer: Answer): LookupStep {
  const dropped = answer.values.length - KEPT_VALUES;
  const more = dropped > 0 ? `${dropped} further values are not kept here` : undefined;
  const detail = [answer.detail, more].filter((part) => part !== undefined).join('; ');
  return {
    step: 'lookup',
    name: printableText(answer.name, KEPT_NAME_BYTES),
    type: answer.type,
    source: answer.source,
    outcome: answer.outcome,
    ...(answer.rcode === undefined ? {} : { rcode: printableText(answer.rcode) }),
    cnames: answer.cnames.slice(0, KEPT_VALUES).map((name) => printableText(name, KEPT_NAME_BYTES)),
    values: answer.values.slice(0, KEPT_VALUES).map((value) => printableText(value, KEPT_BYTES)),
    ...(answer.ttlSeconds === undefined ? {} : { ttlSeconds: answer.ttlSeconds }),
    tries: answer.tries,
    durationMs: answer.durationMs,
    ...(detail === '' ? {} : { detail: printableText(detail, KEPT_NAME_BYTES) }),
  };
}

/** Their detail tells of each try: that is for the record. */
const LISTS_TRIES: readonly AnswerOutcome[] = ['timeout', 'network-error', 'no-server'];

/** The part of an answer that explains why it gave nothing. */
export function failedLookup(answer: Answer): FailedLookup {
  const lacksSource = answer.outcome === 'network-error' ? lackedSource(answer.detail) : undefined;
  return {
    name: printableText(answer.name, KEPT_NAME_BYTES),
    type: answer.type,
    outcome: answer.outcome,
    ...(answer.rcode === undefined ? {} : { rcode: printableText(answer.rcode) }),
    ...(answer.source.kind === 'server' ? { server: answer.source.server } : {}),
    ...(answer.detail !== undefined && !LISTS_TRIES.includes(answer.outcome)
      ? { because: printableText(answer.detail, KEPT_BECAUSE_BYTES) }
      : {}),
    ...(lacksSource === undefined ? {} : lacking(lacksSource)),
    ...aliasIn(answer),
    ...(answer.brokenAlias === undefined ? {} : { brokenAlias: true }),
  };
}

/** The address of its own that a socket could not be bound to, from the operating system's words. */
function lackedSource(detail = ''): string | undefined {
  return /\bbind EADDRNOTAVAIL ([0-9a-f.:]+)/i.exec(detail)?.[1];
}

function lacking(lacksSource: string): Pick<FailedLookup, 'because' | 'lacksSource'> {
  return { because: `this CA's own host cannot send from ${lacksSource} (EADDRNOTAVAIL)`, lacksSource };
}

/** Where the name leads, when it is an alias: what has to be changed may be there. */
export function aliasIn({ cnames }: Answer): { readonly alias?: string } {
  const alias = cnames.at(-1);
  return alias === undefined ? {} : { alias: printableText(alias, KEPT_NAME_BYTES) };
}

/** True for an outcome that says something went wrong, and not that there is nothing of the kind. */
export function isFailedLookup(answer: Answer): boolean {
  return answer.outcome !== 'answered' && answer.outcome !== 'empty';
}
