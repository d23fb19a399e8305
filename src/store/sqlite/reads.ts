import type { AccountId } from '../../protocol/ids.ts';
import type { ChallengeWithAuthorization, OrderWithAuthorizations, StoreReader } from '../store.ts';
import { accountQueries } from './accounts.ts';
import { authorizationQueries } from './authorizations.ts';
import { certificateQueries } from './certificates.ts';
import type { Connection } from './connection.ts';
import type { Read } from './group-commit.ts';
import { orderQueries } from './orders.ts';

/**
 * Prepares the reading half of the interface. `read` runs a query of one or more statements so that they see one state. What
 * belongs to one account says so, which spares its reader waiting for what others write.
 */
export function prepareReads(connection: Connection): (read: Read) => StoreReader {
  const accounts = accountQueries(connection);
  const orders = orderQueries(connection);
  const authorizations = authorizationQueries(connection);
  const certificates = certificateQueries(connection);
  return (read) => ({
    findAccount: (id) => read(() => accounts.find(id), idOf),
    findAccountByThumbprint: (thumbprint) => read(() => accounts.findByThumbprint(thumbprint), idOf),
    findOrder: (id) => read(() => orders.find(id), accountOfOrder),
    findAuthorization: (id) => read(() => authorizations.find(id), accountOf),
    findChallenge: (id) => read(() => authorizations.findChallenge(id), accountOfChallenge),
    findCertificate: (id) => read(() => certificates.find(id), accountOf),
    findCertificateBySerial: (serial) => read(() => certificates.findBySerial(serial), accountOf),
    holdsAuthorizations: (accountId, identifiers, now) =>
      read(
        () => authorizations.holdsAll(accountId, identifiers, now),
        () => accountId,
      ),
    findInterruptedChallenges: () => read(() => authorizations.findInterrupted()),
    findOrdersByIdentifier: (value, limit) => read(() => orders.findByIdentifier(value, limit)),
  });
}

const idOf = (account: { readonly id: AccountId } | undefined) => account?.id;
const accountOf = (found: { readonly accountId: AccountId } | undefined) => found?.accountId;
const accountOfOrder = (found: OrderWithAuthorizations | undefined) => found?.order.accountId;
const accountOfChallenge = (found: ChallengeWithAuthorization | undefined) => found?.authorization.accountId;
