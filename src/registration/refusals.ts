import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { AccountId } from '../protocol/ids.ts';

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
