import { dnsAccount01Name } from '../protocol/account-label.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import { findDigest } from './txt-lookup.ts';
import type { ValidationContext } from './validation-context.ts';
import { requireAccountUrl } from './validation-context.ts';

/**
 * draft-ietf-acme-dns-account-label: as dns-01, at a name that the account's URL gives. Answers why it failed, or undefined
 * when it passed. Throws when no account asks.
 */
export async function validateDnsAccount01(
  context: ValidationContext,
): Promise<ValidationFailure | undefined> {
  const accountUrl = requireAccountUrl(context);
  const name = dnsAccount01Name(context.question.identifier.value, accountUrl);
  return findDigest(context, { name, accountUrl });
}
