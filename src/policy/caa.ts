import type { AddressPolicy } from '../protocol/address-family-rule.ts';
import type { CaaDecision, CaaRecord } from '../protocol/caa.ts';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { LookupOutcome } from '../protocol/lookup.ts';
import type { CaaIssueValue } from './caa-value.ts';
import { parseCaaIssueValue, slipIn } from './caa-value.ts';

/** Who asks for what: a record set means something to a CA, an account and a method. */
export interface CaaQuestion {
  /** The names of this CA in CAA records, in lower case. */
  readonly identities: readonly string[];
  /** True where the certificate is for the wildcard of the name. */
  readonly wildcard: boolean;
  /** How control was proved. */
  readonly method: ChallengeType;
  /** Absent where no account asks: then no record with an `accounturi` allows. */
  readonly accountUrl?: string;
}

/** What a record set decides, with the record that does. */
export type CaaVerdict = CaaLeave | CaaRefusal;

export interface CaaLeave {
  readonly allowed: true;
  readonly decision: 'no-records' | 'no-restriction' | 'authorized';
  /** The record that authorizes. */
  readonly record?: CaaRecord;
}

export interface CaaRefusal {
  readonly allowed: false;
  readonly decision: Exclude<CaaDecision, CaaLeave['decision']>;
  /** The record that decided; where none names this CA, the first of them. */
  readonly record: CaaRecord;
  /** The account or the method that the record would have had to allow. */
  readonly expected?: string;
  /** What is wrong with a malformed record, in words. */
  readonly reason?: string;
  /** Its value as it was probably meant for this CA, with all that it asks for, where that can be told. */
  readonly meant?: string;
}

/**
 * The properties that this CA understands, in the sense of RFC 8659 section 4.1: their critical flag forbids nothing. Beside
 * those of RFC 8659 they are about certificates that it does not issue (issuemail: RFC 9495; issuevmc), or say whom to write
 * to (the Baseline Requirements' appendix A.1).
 */
const UNDERSTOOD_TAGS: readonly string[] = [
  'issue',
  'issuewild',
  'iodef',
  'issuemail',
  'issuevmc',
  'contactemail',
  'contactphone',
];

/**
 * Whether the relevant record set of a name lets this CA issue: RFC 8659 section 4, RFC 8657. One record that authorizes is
 * enough (they are additive), whatever the others say, unless one is critical and not understood. Where none authorizes, the
 * verdict names the record that came closest.
 */
export function decideCaa(records: readonly CaaRecord[], question: CaaQuestion): CaaVerdict {
  if (records.length === 0) return { allowed: true, decision: 'no-records' };
  const unknown = records.find(({ critical, tag }) => critical && !UNDERSTOOD_TAGS.includes(tag));
  if (unknown !== undefined) return refusal('unknown-critical', unknown);
  const verdicts = restrictions(records, question.wildcard).map((record) => judge(record, question));
  const best = BEST_FIRST.map((decision) => verdicts.find((verdict) => verdict.decision === decision));
  return best.find((verdict) => verdict !== undefined) ?? { allowed: true, decision: 'no-restriction' };
}

/** What names this CA and falls short was meant for it; what cannot be read may have been. */
const BEST_FIRST: readonly CaaDecision[] = [
  'authorized',
  'wrong-account',
  'wrong-method',
  'malformed-record',
  'not-authorized',
];

/** RFC 8659 section 4.3: `issuewild` counts for wildcards alone, and there in place of `issue` as soon as there is one. */
function restrictions(records: readonly CaaRecord[], wildcard: boolean): readonly CaaRecord[] {
  const tagged = (wanted: string) => records.filter(({ tag }) => tag === wanted);
  const forWildcards = wildcard ? tagged('issuewild') : [];
  return forWildcards.length > 0 ? forWildcards : tagged('issue');
}

function judge(record: CaaRecord, question: CaaQuestion): CaaVerdict {
  const value = parseCaaIssueValue(record.value);
  if (value === undefined) return unreadable(record, question);
  if (!question.identities.includes(value.issuer)) return refusal('not-authorized', record);
  const account = refuseAccount(record, value, question);
  const method = refuseMethod(record, value, question);
  // Where no account asks, the account is not yet what is wrong, and the method is whoever will ask.
  const [first, second] = question.accountUrl === undefined ? [method, account] : [account, method];
  return first ?? second ?? { allowed: true, decision: 'authorized', record };
}

function unreadable(record: CaaRecord, { identities }: CaaQuestion): CaaRefusal {
  const slip = slipIn(record.value);
  if (slip === undefined) return malformed(record, 'it is not written as RFC 8659 section 4.2 asks');
  const { reason, meant, issuer } = slip;
  return { ...malformed(record, reason), ...(identities.includes(issuer) ? { meant } : {}) };
}

/** RFC 8657 section 3: without the parameter any account may; with two of them, or one that is no URI of ours, none. */
function refuseAccount(
  record: CaaRecord,
  value: CaaIssueValue,
  { accountUrl }: CaaQuestion,
): CaaRefusal | undefined {
  const [account, another] = valuesOf(value, 'accounturi');
  if (another !== undefined) return malformed(record, 'it has accounturi twice (RFC 8657 section 3)');
  if (account === undefined || account === accountUrl) return undefined;
  return refusal('wrong-account', record, accountUrl);
}

/** RFC 8657 section 4: a list of methods without spaces. Those that nobody knows are let be. */
const METHODS = /^(?:[A-Za-z0-9-]+(?:,[A-Za-z0-9-]+)*)?$/;

/** RFC 8657 section 4. Of two such parameters it says nothing; taken as for accounts, they allow nothing. */
function refuseMethod(
  record: CaaRecord,
  value: CaaIssueValue,
  { method }: CaaQuestion,
): CaaRefusal | undefined {
  const [methods, another] = valuesOf(value, 'validationmethods');
  if (another !== undefined) return malformed(record, 'it has validationmethods twice');
  if (methods === undefined) return undefined;
  if (!METHODS.test(methods))
    return malformed(record, 'its validationmethods are no list as RFC 8657 section 4 has it');
  return methods.split(',').includes(method) ? undefined : refusal('wrong-method', record, method);
}

function malformed(record: CaaRecord, reason: string): CaaRefusal {
  return { allowed: false, decision: 'malformed-record', record, reason };
}

function refusal(decision: CaaRefusal['decision'], record: CaaRecord, expected?: string): CaaRefusal {
  return { allowed: false, decision, record, ...(expected === undefined ? {} : { expected }) };
}

function valuesOf({ parameters }: CaaIssueValue, wanted: string): readonly string[] {
  return parameters.filter(({ tag }) => tag === wanted).map(({ value }) => value);
}

/** The name and every one above it up to, and without, the root: where CAA is looked for, in this order (RFC 8659 section 3). */
export function caaNames(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.map((_label, index) => labels.slice(index).join('.'));
}

/**
 * True where a look-up of CAA says nothing about the name, so that issuance is forbidden: RFC 8659 section 3 lets nobody
 * issue who cannot tell. NXDOMAIN is an answer, and the record set is empty. Let's Encrypt's code takes it as an error for a
 * top-level domain, since all of these exist.
 */
export function isCaaFault(name: string, outcome: LookupOutcome, policy: AddressPolicy): boolean {
  if (outcome === 'answered' || outcome === 'empty') return false;
  return outcome !== 'nxdomain' || (policy === 'boulder' && !name.includes('.'));
}
