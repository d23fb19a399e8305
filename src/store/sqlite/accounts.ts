import type { Account } from '../../protocol/account.ts';
import type { AccountId } from '../../protocol/ids.ts';
import { ACCOUNT_TRANSITIONS } from '../../protocol/transitions.ts';
import type { NewAccount } from '../store.ts';
import type { AccountRow, NewAccountRow } from './account-rows.ts';
import { accountFromRow, newAccountRow } from './account-rows.ts';
import type { Connection } from './connection.ts';
import { statusesBefore } from './guards.ts';

/** The questions about accounts, as prepared statements. */
export function accountQueries(connection: Connection) {
  const byId = connection.prepare<[number], AccountRow>('SELECT * FROM accounts WHERE id = ?');
  const byThumbprint = connection.prepare<[string], AccountRow>(
    'SELECT * FROM accounts WHERE thumbprint = ?',
  );
  return {
    find: (id: AccountId): Account | undefined => accountOrNone(byId.get(id)),
    findByThumbprint: (thumbprint: string): Account | undefined =>
      accountOrNone(byThumbprint.get(thumbprint)),
  };
}

/** The changes of accounts, as prepared statements. To be run inside a transaction. */
export function accountChanges(connection: Connection) {
  const insert = connection.prepare<[NewAccountRow], AccountRow>(
    `INSERT INTO accounts (status, key, thumbprint, contacts, terms_of_service_agreed, created_at)
     VALUES ('valid', :key, :thumbprint, :contacts, :terms_of_service_agreed, :created_at)
     ON CONFLICT (thumbprint) DO NOTHING RETURNING *`,
  );
  const byThumbprint = connection.prepare<[string], AccountRow>(
    'SELECT * FROM accounts WHERE thumbprint = ?',
  );
  const setContacts = connection.prepare<[string, number], AccountRow>(
    "UPDATE accounts SET contacts = ? WHERE id = ? AND status = 'valid' RETURNING *",
  );
  const deactivate = connection.prepare<[number], AccountRow>(
    `UPDATE accounts SET status = 'deactivated'
     WHERE id = ? AND status IN (${statusesBefore(ACCOUNT_TRANSITIONS, 'deactivated')}) RETURNING *`,
  );
  return {
    create(account: NewAccount, now: number): { readonly account: Account; readonly created: boolean } {
      const inserted = insert.get(newAccountRow(account, now));
      if (inserted !== undefined) return { account: accountFromRow(inserted), created: true };
      const existing = byThumbprint.get(account.thumbprint);
      // Unreachable: the conflict is with this row, and accounts are not deleted.
      if (existing === undefined) throw new Error('An account conflicts with one that is not there.');
      return { account: accountFromRow(existing), created: false };
    },
    updateContacts: (id: AccountId, contacts: readonly string[]): Account | undefined =>
      accountOrNone(setContacts.get(JSON.stringify(contacts), id)),
    deactivate: (id: AccountId): Account | undefined => accountOrNone(deactivate.get(id)),
  };
}

function accountOrNone(row: AccountRow | undefined): Account | undefined {
  return row === undefined ? undefined : accountFromRow(row);
}
