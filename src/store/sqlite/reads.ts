import type { StoreReader } from '../store.ts';
import { accountQueries } from './accounts.ts';
import { authorizationQueries } from './authorizations.ts';
import { certificateQueries } from './certificates.ts';
import type { Connection } from './connection.ts';
import { orderQueries } from './orders.ts';

/** The reading half of the interface. `read` runs a query of one or more statements so that they see one state. */
export function createReads(
  connection: Connection,
  read: <Outcome>(query: () => Outcome) => Promise<Outcome>,
): StoreReader {
  const accounts = accountQueries(connection);
  const orders = orderQueries(connection);
  const authorizations = authorizationQueries(connection);
  const certificates = certificateQueries(connection);
  return {
    findAccount: (id) => read(() => accounts.find(id)),
    findAccountByThumbprint: (thumbprint) => read(() => accounts.findByThumbprint(thumbprint)),
    findOrder: (id) => read(() => orders.find(id)),
    findAuthorization: (id) => read(() => authorizations.find(id)),
    findChallenge: (id) => read(() => authorizations.findChallenge(id)),
    findCertificate: (id) => read(() => certificates.find(id)),
    findCertificateBySerial: (serial) => read(() => certificates.findBySerial(serial)),
    holdsAuthorizations: (accountId, identifiers, now) =>
      read(() => authorizations.holdsAll(accountId, identifiers, now)),
    findInterruptedChallenges: () => read(() => authorizations.findInterrupted()),
    findOrdersByIdentifier: (value, limit) => read(() => orders.findByIdentifier(value, limit)),
  };
}
