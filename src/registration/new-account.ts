import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import type { NewAccountRequest, RequestKey } from './registration.ts';
import { requireContacts } from './require-contacts.ts';

/**
 * RFC 8555 section 7.3: creates an account, or finds the one of this key, whatever else the request says (section 7.3.1).
 * Throws 403 `unauthorized` when that one is deactivated, `accountDoesNotExist` with `onlyReturnExisting`, `malformed`
 * when the terms are not agreed to, and what `requireContacts` refuses.
 */
export async function newAccount(
  { store, clock, config, termsOfService }: RegistrationDependencies,
  key: RequestKey,
  request: NewAccountRequest,
): Promise<{ readonly account: Account; readonly created: boolean }> {
  const existing = await store.findAccountByThumbprint(key.thumbprint);
  if (existing !== undefined) return { account: requireUsable(existing), created: false };
  if (request.onlyReturnExisting === true) {
    throw new AcmeError(
      'accountDoesNotExist',
      'No account has this key, and the request asked only for an existing one. To make one, leave out onlyReturnExisting.',
    );
  }
  if (termsOfService !== undefined && request.termsOfServiceAgreed !== true) {
    throw new AcmeError(
      'malformed',
      `An account needs your agreement to the terms of service at ${termsOfService}. Read them, then send termsOfServiceAgreed: true.`,
    );
  }
  const contacts = requireContacts(request.contact ?? [], config);
  const found = await store.createAccount(
    {
      key: key.jwk,
      thumbprint: key.thumbprint,
      contacts,
      termsOfServiceAgreed: request.termsOfServiceAgreed === true,
    },
    clock.now(),
  );
  // Of racing requests with one key the store lets one create; the others find.
  return found.created ? found : { account: requireUsable(found.account), created: false };
}

/** 403 as Let's Encrypt: the request is signed by a key, not by an account, so RFC 8555 section 7.3.6 does not ask for 401. */
function requireUsable(account: Account): Account {
  if (account.status === 'valid') return account;
  throw new AcmeError(
    'unauthorized',
    'The account with this key is deactivated, which is final. Make a new account with a new key.',
  );
}
