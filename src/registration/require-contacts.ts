import { checkContacts } from '../policy/contacts.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { RegistrationConfig } from './dependencies.ts';

/**
 * The contacts as they are kept. Throws `unsupportedContact`, `invalidContact`, or `malformed` for too many: RFC 8555
 * section 7.3.
 */
export function requireContacts(
  contacts: readonly string[],
  config: Pick<RegistrationConfig, 'requirePublicSuffix'>,
): readonly string[] {
  const checked = checkContacts(contacts, { requirePublicSuffix: config.requirePublicSuffix });
  if (checked.ok) return checked.value;
  throw new AcmeError(checked.refusal.code, checked.refusal.detail);
}
