import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { Authorization } from '../protocol/authorization.ts';
import { authorizationStatus } from '../protocol/authorization.ts';
import type { AuthorizationId } from '../protocol/ids.ts';
import { formatId } from '../protocol/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';
import { readAuthorization } from './read-authorization.ts';

/**
 * RFC 8555 section 7.5.2, for pending authorizations too, as Let's Encrypt. Throws `malformed` when the authorization is
 * neither pending nor valid (any more), and as `readAuthorization` does.
 */
export async function deactivateAuthorization(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  account: Account,
  id: AuthorizationId,
): Promise<Authorization> {
  const found = await readAuthorization(store, account, id);
  const now = clock.now();
  const status = authorizationStatus(found, now);
  if (status !== 'pending' && status !== 'valid') throw cannotBeDeactivated(id, status);
  const deactivated = await store.deactivateAuthorization(id, now);
  if (deactivated !== undefined) return deactivated;
  // Something else won between the read and the write: say what it made of the authorization.
  const current = await readAuthorization(store, account, id);
  throw cannotBeDeactivated(id, authorizationStatus(current, now));
}

function cannotBeDeactivated(id: AuthorizationId, status: string): AcmeError {
  return new AcmeError(
    'malformed',
    `The authorization ${formatId('authz', id)} is ${status}; only a pending or a valid one can be deactivated. ` +
      'Nothing needs to be done: it can no longer be used.',
  );
}
