import type { Account } from '../../protocol/account.ts';

/**
 * The account object: RFC 8555 section 7.1.2. Its `orders` is left out until a list of orders is served, as Let's Encrypt
 * does.
 */
export function renderAccount(account: Account): object {
  return {
    status: account.status,
    contact: account.contacts,
    termsOfServiceAgreed: account.termsOfServiceAgreed,
  };
}
