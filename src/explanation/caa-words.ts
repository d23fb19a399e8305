import type { CaaRecord } from '../protocol/caa.ts';
import type { CaaFailure, CaaLookupFailure } from '../protocol/validation-failure.ts';
import type { CaaStep, LookupStep } from '../protocol/validation-record.ts';
import { lookupWords } from './lookup-words.ts';
import { hintForOwnAddress } from './perspectives-words.ts';
import { excerpt } from './wording.ts';

/** What CAA forbids, or why it could not be asked, with the phrases that users of Let's Encrypt search for. */
export function caaWords(failure: CaaFailure | CaaLookupFailure): string {
  const { name, wildcard } = failure;
  const about = `While processing CAA for ${wildcard ? '*.' : ''}${name}: `;
  if (failure.class === 'caa-lookup') return `${about}${lookupWords(failure.lookup)}`;
  const { foundAt, record, alias } = failure;
  const led = alias === undefined ? '' : `${alias} is an alias of ${foundAt}, and `;
  return `${about}CAA record for ${foundAt} prevents issuance: ${inZone(foundAt, recordWords(record))} (${led}${whyForbidden(failure)})`;
}

function whyForbidden(failure: CaaFailure): string {
  const { decision, record, identities, expected, reason } = failure;
  switch (decision) {
    case 'not-authorized':
      return `no record there names this CA, ${identities.join(' or ')}`;
    case 'unknown-critical':
      return `it is critical, and this CA does not know "${record.tag}"`;
    case 'wrong-account':
      return expected === undefined
        ? 'it names the account that may, and the URL of the one that asks is not known'
        : accountElsewhere(failure) === undefined
          ? `it names another account than ${expected}`
          : `it names this account at another host than ${expected}`;
    case 'wrong-method':
      return `it does not list ${expected ?? 'the method that was used'}`;
    case 'malformed-record':
      return reason ?? 'it cannot be read';
  }
}

/** A record's data as a zone file has it (RFC 8659 section 4.1.1): `0 issue "ca.example"`. Of a long value beginning and end. */
export function recordWords(record: CaaRecord): string {
  return zoneData({ ...record, value: excerpt(record.value, LONGEST_VALUE) });
}

/** As much of a value that was found as a sentence can bear. */
const LONGEST_VALUE = 131;

function zoneData({ critical, tag, value }: CaaRecord): string {
  return `${critical ? 128 : 0} ${tag} "${value.replaceAll('"', '\\"')}"`;
}

/** True where the value may have been cut when it was kept: then it is no record to be copied. */
function isCut({ value }: CaaRecord): boolean {
  return value.length > 128 && value.endsWith('...');
}

/** The line of a zone file: `example.test. CAA 0 issue "ca.example"`; `data` are the record's. */
function inZone(name: string, data: string): string {
  return `${name}. CAA ${data}`;
}

/** What the owner of the domain changes so that this CA may issue. */
export function hintForCaa(failure: CaaFailure | CaaLookupFailure): string {
  if (failure.class === 'caa-lookup') return hintForLookup(failure);
  const { alias } = failure;
  if (alias === undefined) return hintForRecord(failure);
  return `${hintForRecord(failure)} If that record is not yours to change, let ${alias} be no alias (CNAME).`;
}

function hintForRecord(failure: CaaFailure): string {
  const { decision, foundAt, record, expected, identities, meant } = failure;
  const [identity = ''] = identities;
  // People copy what they are told to write, so that it stands there whole, however long it is.
  const allowing = (value: string) => inZone(foundAt, zoneData({ critical: false, tag: record.tag, value }));
  switch (decision) {
    case 'not-authorized':
      return `Add the record ${allowing(identity)}; one that allows is enough.`;
    case 'malformed-record':
      if (meant !== undefined && !isCut(record)) return `Make it ${allowing(meant)}.`;
      return `Put in its place, or beside it, the record ${allowing(identity)}.`;
    case 'unknown-critical':
      return record.value.length > LONGEST_VALUE || isCut(record)
        ? 'Take the record away, or its critical flag.'
        : `Take the record away, or its critical flag: ${inZone(foundAt, zoneData({ ...record, critical: false }))}.`;
    case 'wrong-account':
      return expected === undefined
        ? 'Ask anew with the account that it names, or take accounturi away.'
        : `Add the record ${allowing(`${identity}; accounturi=${expected}`)}, or ${otherAccount(failure)}.`;
    case 'wrong-method':
      return `${withMethodAdded(record, expected ?? '', allowing)}, or prove control by a method that it lists.`;
  }
}

function otherAccount(failure: CaaFailure): string {
  const there = accountElsewhere(failure);
  return there === undefined
    ? 'use the account that is named'
    : `order over ${there}, or set acme.externalUrl, which gives an account one URL whatever host it comes by`;
}

/** The origin in the record's account URL, where that differs from the one that asks by its origin alone. */
function accountElsewhere({ record, expected = '' }: CaaFailure): string | undefined {
  const named = /;[ \t]*accounturi[ \t]*=[ \t]*([^; \t]+)/i.exec(record.value)?.[1] ?? '';
  if (!URL.canParse(named) || !URL.canParse(expected)) return undefined;
  const [there, here] = [new URL(named), new URL(expected)];
  return there.pathname === here.pathname && there.origin !== here.origin ? there.origin : undefined;
}

function withMethodAdded(record: CaaRecord, method: string, allowing: (value: string) => string): string {
  return isCut(record)
    ? `Add ${method} to the validationmethods of that record`
    : `Make it ${allowing(withMethod(record.value, method))}`;
}

/** The value with one more method in its list, whatever else it asks for. */
function withMethod(value: string, method: string): string {
  return value.replace(
    /(validationmethods[ \t]*=[ \t]*)([^; \t]*)/i,
    (_all, start: string, methods: string) =>
      methods === '' ? `${start}${method}` : `${start}${methods},${method}`,
  );
}

function hintForLookup({ lookup }: CaaLookupFailure): string {
  const { lacksSource } = lookup;
  if (lacksSource !== undefined)
    return hintForOwnAddress(lacksSource.includes(':') ? 'ipv6' : 'ipv4', lacksSource);
  const lab = 'set caa.enabled=false for a lab whose DNS cannot answer';
  switch (lookup.outcome) {
    case 'nxdomain':
      return 'Make the top-level domain exist, or choose another validation.addressPolicy than boulder, which asks for that.';
    case 'timeout':
    case 'network-error':
    case 'no-server':
      return `An answer about CAA is needed, if only that there is no record: check that the DNS servers of this CA can be reached (dns.servers), and the name servers of ${lookup.name}; or ${lab}.`;
    default:
      return `An answer about CAA is needed, if only that there is no record: check the name servers of ${lookup.name}, the delegation to them, and DNSSEC; or ${lab}.`;
  }
}

/** What a look-up of CAA found, for the story. That there is nothing is no failure here: any CA may issue then. */
export function caaLookupWords(step: LookupStep): string {
  switch (step.outcome) {
    case 'answered':
      return step.values.join(', ');
    case 'empty':
      return 'no such record';
    case 'nxdomain':
      return 'no such name (NXDOMAIN), so no such record';
    default:
      return lookupWords(step);
  }
}

/** What the relevant record set says about the name, for the story. */
export function tellCaa({ name, wildcard, foundAt, records, decision }: CaaStep): string {
  const asked = wildcard ? `*.${name}` : name;
  if (foundAt === undefined) return `CAA: no record is about ${asked}, so any CA may issue.`;
  const set = records.map(recordWords).join(', ');
  return `CAA at ${foundAt} is about ${asked}: ${set}: ${DECISION_WORDS[decision]}.`;
}

const DECISION_WORDS: Readonly<Record<CaaStep['decision'], string>> = {
  'no-records': 'any CA may issue',
  'no-restriction': 'nothing in it restricts who may issue',
  authorized: 'this CA may issue',
  'not-authorized': 'this CA may not issue',
  'unknown-critical': 'it is critical, and this CA does not know what it asks for',
  'wrong-account': 'of the accounts only a named one may',
  'wrong-method': 'other methods may, not this one',
  'malformed-record': 'what is meant for this CA cannot be read',
};
