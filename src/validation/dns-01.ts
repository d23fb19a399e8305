import { dns01Name } from '../protocol/key-authorization.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import { findDigest } from './txt-lookup.ts';
import type { ValidationContext } from './validation-context.ts';

/**
 * RFC 8555 section 8.4: one of the TXT records at `_acme-challenge.<name>` is the digest of the key authorization. Answers
 * why it failed, or undefined when it passed.
 */
export function validateDns01(context: ValidationContext): Promise<ValidationFailure | undefined> {
  return findDigest(context, { name: dns01Name(context.question.identifier.value) });
}
