import type { Store } from '../store.ts';
import { accountChanges } from './accounts.ts';
import { authorizationChanges } from './authorizations.ts';
import { certificateChanges } from './certificates.ts';
import { challengeChanges } from './challenges.ts';
import type { Connection } from './connection.ts';
import { closingOnError, openForWriting } from './connection.ts';
import type { GroupCommitOptions } from './group-commit.ts';
import { createGroupCommit } from './group-commit.ts';
import { rewriteLog } from './log-file.ts';
import { migrate } from './migrations.ts';
import { opening } from './opening.ts';
import { orderChanges } from './orders.ts';
import { prepareReads } from './reads.ts';
import { sweepChanges } from './sweep.ts';

export interface SqliteStoreOptions extends GroupCommitOptions {
  /** The database's path. It is made when it is missing; its folder must exist. */
  readonly file: string;
  /** The folder of the numbered migrations, which ships with the program. */
  readonly migrationsFolder: string;
}

/**
 * Opens the store in an SQLite file for the one process that writes it, and brings its schema up to date. Rejects with
 * StoreOpenError when the file cannot be opened, is not ours, or was written by a newer program. The store's operations
 * reject with StoreUnavailableError when the disk fails them.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  opening(options.file, () => rewriteLog(options.file));
  const connection = openForWriting(options.file);
  return closingOnError(connection, () =>
    opening(options.file, () => {
      migrate(connection, options.migrationsFolder);
      return createStore(connection, options);
    }),
  );
}

function createStore(connection: Connection, options: SqliteStoreOptions): Store {
  const accounts = accountChanges(connection);
  const orders = orderChanges(connection);
  const authorizations = authorizationChanges(connection);
  const challenges = challengeChanges(connection);
  const certificates = certificateChanges(connection);
  const sweep = sweepChanges(connection);
  const readsOf = prepareReads(connection);
  // Last: nobody closes what it has opened when something here throws.
  const { read, write, close } = createGroupCommit(connection, options);
  return {
    ...readsOf(read),
    createAccount: (account, now) =>
      write(
        () => accounts.create(account, now),
        (made) => made.account.id,
      ),
    updateContacts: (id, contacts) => write(() => accounts.updateContacts(id, contacts), id),
    deactivateAccount: (id) => write(() => accounts.deactivate(id), id),
    createOrder: (order, now) => write(() => orders.create(order, now), order.accountId),
    claimChallenge: (id, now, accountUrl) =>
      write(
        () => challenges.claim(id, now, accountUrl),
        () => challenges.owner(id),
      ),
    recordValidation: (outcome, now) =>
      write(
        () => challenges.record(outcome, now),
        () => challenges.owner(outcome.challengeId),
      ),
    deactivateAuthorization: (id, now) => write(() => authorizations.deactivate(id, now)),
    recordIssuance: (certificate, now) =>
      write(() => certificates.record(certificate, now), certificate.accountId),
    failOrder: (id, problem) => write(() => orders.fail(id, problem)),
    revokeCertificate: (id, reason, at) => write(() => certificates.revoke(id, reason, at)),
    sweep: (endedBy, limit) => write(() => sweep(endedBy, limit)),
    close,
  };
}
