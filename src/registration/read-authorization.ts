import type { Account } from '../protocol/account.ts';
import type { Authorization } from '../protocol/authorization.ts';
import type { AuthorizationId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { StoreReader } from '../store/store.ts';
import { requireOwned } from './refusals.ts';

/**
 * RFC 8555 section 7.5: the account's authorization. Throws 404 `malformed` when there is none, 403 `unauthorized` when
 * it is another account's.
 */
export async function readAuthorization(
  store: StoreReader,
  account: Account,
  id: AuthorizationId,
): Promise<Authorization> {
  const found = await store.findAuthorization(id);
  return requireOwned(account, `The authorization ${formatId('authz', id)}`, found, found?.accountId);
}
