import type { OrderId } from '../protocol/ids.ts';
import { deactivateAccount } from './deactivate-account.ts';
import { deactivateAuthorization } from './deactivate-authorization.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { finalize } from './finalize.ts';
import { newAccount } from './new-account.ts';
import { newOrder } from './new-order.ts';
import { readAuthorization } from './read-authorization.ts';
import { readCertificate } from './read-certificate.ts';
import { readChallenge } from './read-challenge.ts';
import { readOrder } from './read-order.ts';
import { recover } from './recover.ts';
import type { Registration } from './registration.ts';
import { respondToChallenge } from './respond-to-challenge.ts';
import { revoke } from './revoke.ts';
import { sweepExpired } from './sweep-expired.ts';
import { updateContacts } from './update-contacts.ts';

/** The registration authority over its dependencies. Call `recover` before the first request. */
export function createRegistration(dependencies: RegistrationDependencies): Registration {
  const { store, clock, tasks } = dependencies;
  const finalizing = new Set<OrderId>();
  return {
    findAccount: (id) => store.findAccount(id),
    newAccount: (key, request) => newAccount(dependencies, key, request),
    updateContacts: (account, contacts) => updateContacts(dependencies, account, contacts),
    deactivateAccount: (account) => deactivateAccount(store, account),
    newOrder: (account, request) => newOrder(dependencies, account, request),
    order: (account, id) => readOrder(store, finalizing, account, id, clock.now()),
    finalize: (account, id, csr, accountUrl) =>
      finalize(dependencies, finalizing, { account, id, csr, accountUrl }),
    authorization: (account, id) => readAuthorization(store, account, id),
    deactivateAuthorization: (account, id) => deactivateAuthorization(dependencies, account, id),
    challenge: (account, id) => readChallenge(store, account, id),
    respondToChallenge: (account, id, accountUrl) =>
      respondToChallenge(dependencies, account, id, accountUrl),
    certificate: (account, id) => readCertificate(store, account, id),
    revoke: (revoker, certificate, reason) => revoke(dependencies, revoker, certificate, reason),
    recover: () => recover(dependencies),
    sweepExpired: (now, signal) => sweepExpired(dependencies, now, signal),
    idle: () => tasks.idle(),
  };
}
