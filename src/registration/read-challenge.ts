import type { Account } from '../protocol/account.ts';
import type { Authorization } from '../protocol/authorization.ts';
import type { Challenge } from '../protocol/challenge.ts';
import type { ChallengeId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { StoreReader } from '../store/store.ts';
import { notFound, notYours } from './refusals.ts';

export interface ChallengeWithAuthorization {
  readonly challenge: Challenge;
  readonly authorization: Authorization;
}

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
  const what = `The challenge ${formatId('chal', id)}`;
  if (found === undefined) throw notFound(what);
  if (found.authorization.accountId !== account.id) throw notYours(what);
  return found;
}
