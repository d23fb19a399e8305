import type { Account } from '../protocol/account.ts';
import type { ChallengeId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { ChallengeWithAuthorization, StoreReader } from '../store/store.ts';
import { requireOwned } from './refusals.ts';

/**
 * RFC 8555 section 7.5.1: the account's challenge. Throws 404 `malformed` when there is none, 403 `unauthorized` when it
 * is another account's.
 */
export async function readChallenge(
  store: StoreReader,
  account: Account,
  id: ChallengeId,
): Promise<ChallengeWithAuthorization> {
  const found = await store.findChallenge(id);
  return requireOwned(
    account,
    `The challenge ${formatId('chal', id)}`,
    found,
    found?.authorization.accountId,
  );
}
