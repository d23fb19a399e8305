import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { NoTaskPlace } from '../runtime/task-queue.ts';

/**
 * What was found for a request of the account. `what` begins the sentence, for instance `The order order_7`. Throws 404
 * `malformed` when nothing was found, and 403 `unauthorized`, as Let's Encrypt, when it has another owner: RFC 8555
 * section 7.5 leaves the type open.
 */
export function requireOwned<Resource>(
  account: Pick<Account, 'id'>,
  what: string,
  found: Resource | undefined,
  owner: AccountId | undefined,
): Resource {
  if (found === undefined) {
    throw new AcmeError('malformed', `${what} does not exist on this server. Check its URL.`, {
      status: 404,
    });
  }
  if (owner === account.id) return found;
  throw new AcmeError(
    'unauthorized',
    `${what} belongs to another account. Sign the request with the key of the account that made it.`,
  );
}

/** RFC 8555 section 7.3.6: a request by a deactivated account MUST be answered 401 with `unauthorized`. */
export function accountNotValid(): AcmeError {
  return new AcmeError(
    'unauthorized',
    'This account is deactivated, which is final. Make a new account with a new key.',
    { status: 401 },
  );
}

/** When to ask again: most validations take far less, so by then some of those before it have ended. */
const RETRY_AFTER_SECONDS = 1;

/** 429 `rateLimited`: no place among the unfinished validations. `again` says what is unchanged and to be done then. */
export function tooManyUnfinished({ limit, allowed }: NoTaskPlace, again: string): AcmeError {
  const why =
    limit === 'unfinished'
      ? `Of the validations of all accounts, at most ${allowed} may be unfinished (validation.maxUnfinished): this account ` +
        'has as many as are left for others, or none is left.'
      : `This account has as many unfinished validations as it may have, which is ${allowed} ` +
        '(validation.maxUnfinishedPerAccount).';
  return new AcmeError('rateLimited', `${why} ${again} when some of them have ended.`, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
