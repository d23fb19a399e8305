import type { LookupOutcome, LookupType } from '../protocol/lookup.ts';
import type { FailedLookup, LookupFailure, NoAddressFailure } from '../protocol/validation-failure.ts';
import { isLiteralAddress } from './address-origin.ts';

/** What people search for when a look-up fails, as Let's Encrypt says it. */
const OUTCOME_WORDS: Readonly<Record<Exclude<LookupOutcome, 'answered' | 'empty'>, string>> = {
  nxdomain: 'NXDOMAIN',
  servfail: 'SERVFAIL',
  refused: 'REFUSED',
  'other-rcode': 'an error code',
  timeout: 'query timed out',
  'network-error': 'networking error',
  'malformed-answer': 'malformed answer',
  'no-server': 'no DNS server to ask',
};

const RCODE_HINTS: Readonly<Partial<Record<LookupOutcome, string>>> = {
  nxdomain: ' - check that a DNS record exists for this domain',
  servfail: " - the domain's nameservers may be malfunctioning",
};

/** How a look-up that was not answered ended, for who knows what was asked. */
export function outcomeWords({ outcome, rcode }: Pick<FailedLookup, 'outcome' | 'rcode'>): string {
  if (outcome === 'answered' || outcome === 'empty') return 'no such record';
  return outcome === 'other-rcode' ? (rcode ?? OUTCOME_WORDS[outcome]) : OUTCOME_WORDS[outcome];
}

/** One failed look-up in words. `empty`, or answered with addresses that were all filtered out, is no valid record. */
export function lookupWords(lookup: {
  readonly name: string;
  readonly type: LookupType;
  readonly outcome: LookupOutcome;
  readonly rcode?: string;
  readonly server?: string;
  readonly because?: string;
  readonly alias?: string;
  readonly brokenAlias?: true;
}): string {
  const { type, outcome } = lookup;
  const name = nameOf(lookup);
  if (outcome === 'answered' || outcome === 'empty') return `no valid ${type} records found for ${name}`;
  const at = lookup.server === undefined ? '' : ` at ${lookup.server}`;
  return `DNS problem: ${outcomeWords(lookup)} looking up ${type} for ${name}${at}${tailOf(lookup)}`;
}

/** With both ends of an alias. Where its CNAMEs cannot be followed, the reason names them. */
function nameOf({ name, alias, brokenAlias }: Pick<FailedLookup, 'name' | 'alias' | 'brokenAlias'>): string {
  return alias === undefined || brokenAlias === true ? name : `${name} (an alias of ${alias})`;
}

/** What the server itself says, and a guess where it says nothing. */
function tailOf({ outcome, because }: Pick<FailedLookup, 'outcome' | 'because'>): string {
  return because === undefined ? (RCODE_HINTS[outcome] ?? '') : `: ${because}`;
}

/** Why a host has no address to connect to, or a name no answer. */
export function absenceWords(failure: LookupFailure | NoAddressFailure): string {
  const words =
    failure.class === 'lookup'
      ? failure.lookups.map((lookup, index) => wordsBeside(lookup, failure.lookups.slice(0, index)))
      : isLiteralAddress(failure.hostname)
        ? []
        : [
            `no valid A records found for ${nameOf({ ...failure, name: failure.hostname })}`,
            `no valid AAAA records found for ${failure.hostname}`,
          ];
  const filtered = failure.filtered ?? [];
  const named = filtered
    .slice(0, NAMED_ADDRESSES)
    .map(({ address, reason }) => `${address} is not used (${reason})`);
  const more = filtered.length - named.length;
  return [...words, ...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** The rest is in the record. */
const NAMED_ADDRESSES = 2;

/** What several look-ups end with is said once. */
function wordsBeside(lookup: FailedLookup, earlier: readonly FailedLookup[]): string {
  const { alias, ...rest } = lookup;
  const words = lookupWords(earlier.some((other) => other.alias === alias) ? rest : lookup);
  const tail = tailOf(lookup);
  const saidBefore = tail !== '' && earlier.some((other) => tailOf(other) === tail);
  return saidBefore ? words.slice(0, -tail.length) : words;
}
