import type { Account } from '../protocol/account.ts';
import type { Store } from '../store/store.ts';
import { accountNotValid } from './refusals.ts';

/** RFC 8555 section 7.3.6. Throws 401 `unauthorized` when the account was deactivated already, also by a racing request. */
export async function deactivateAccount(store: Store, account: Account): Promise<Account> {
  const deactivated = await store.deactivateAccount(account.id);
  if (deactivated === undefined) throw accountNotValid();
  return deactivated;
}
