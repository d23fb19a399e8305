import type { Account } from '../protocol/account.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { accountNotValid } from './refusals.ts';
import { requireContacts } from './require-contacts.ts';

/**
 * RFC 8555 section 7.3.2: replaces the contacts. Throws what `requireContacts` refuses, and 401 `unauthorized` when the
 * account was deactivated meanwhile.
 */
export async function updateContacts(
  { store, config }: RegistrationDependencies,
  account: Account,
  contacts: readonly string[],
): Promise<Account> {
  const updated = await store.updateContacts(account.id, requireContacts(contacts, config));
  if (updated === undefined) throw accountNotValid();
  return updated;
}
