import type { CaaRecord } from '../protocol/caa.ts';
import type { CaaFailure, CaaLookupFailure } from '../protocol/validation-failure.ts';
import { lookupWords } from './lookup-words.ts';
import { excerpt } from './wording.ts';

/** What CAA forbids, or why it could not be asked, with the phrases that users of Let's Encrypt search for. */
export function caaWords(failure: CaaFailure | CaaLookupFailure): string {
  const about = `While processing CAA for ${failure.name}: `;
  if (failure.class === 'caa-lookup') return `${about}${lookupWords(failure.lookup)}`;
  const { foundAt, record } = failure;
  return `${about}CAA record for ${foundAt} prevents issuance: ${recordWords(record)}`;
}

/** A record as a zone file has it: `0 issue "ca.example"`. */
export function recordWords({ critical, tag, value }: CaaRecord): string {
  return `${critical ? 128 : 0} ${tag} "${excerpt(value, 128)}"`;
}

/** What the owner of the domain changes so that this CA may issue. */
export function hintForCaa(failure: CaaFailure | CaaLookupFailure): string {
  if (failure.class === 'caa-lookup')
    return `Check the name servers of ${failure.lookup.name}: an answer about CAA, if only that there is no record, is needed.`;
  const { decision, foundAt, identities, expected, wildcard } = failure;
  const tag = wildcard ? 'issuewild' : 'issue';
  switch (decision) {
    case 'unknown-critical':
      return `Take the record away, or its critical flag: this CA does not know what it asks for.`;
    case 'wrong-account':
    case 'wrong-method':
      return `Let the record name ${expected ?? 'what was used'}, or take the parameter away.`;
    default:
      return `Add to ${foundAt} the record: CAA 0 ${tag} "${identities[0] ?? ''}".`;
  }
}
