import type { PersistFailure } from '../protocol/validation-failure.ts';
import { placeWords } from './txt-words.ts';

/** Enough for two records of ours. */
const REASONS_AT_MOST = 2;

/** Why no record of dns-persist-01 gives leave. */
export function persistWords(failure: PersistFailure): string {
  return `No valid TXT record found at ${placeWords(failure)}: ${whyWords(failure)}`;
}

function whyWords({ fault, reasons }: PersistFailure): string {
  const told = reasons.slice(0, REASONS_AT_MOST);
  const rest = reasons.length - told.length;
  const more = rest > 0 ? ` (and ${rest} more)` : '';
  if (fault === 'other-issuers') return `none names this CA, but ${told.join(' and ')}${more}`;
  const which =
    reasons.length === 1 ? 'of the record that names this CA' : 'of the records that name this CA';
  const what = fault === 'malformed' ? `the syntax ${which} is broken: ` : '';
  return `${what}${told.join('; ')}${more}`;
}

/** The record to put there. A zone file wants it in quotation marks. */
export function hintForPersist({ name, alias, expected }: PersistFailure): string {
  return `Put the TXT record "${expected}" at ${alias ?? name}.`;
}
