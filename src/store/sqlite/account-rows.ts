import type { Account, AccountStatus } from '../../protocol/account.ts';
import type { AccountId } from '../../protocol/ids.ts';
import type { PublicJwk } from '../../protocol/json-web-key.ts';
import type { NewAccount } from '../store.ts';

export interface AccountRow {
  readonly id: number;
  readonly status: AccountStatus;
  readonly key: string;
  readonly thumbprint: string;
  readonly contacts: string;
  readonly terms_of_service_agreed: number;
  readonly created_at: number;
}

export type NewAccountRow = Omit<AccountRow, 'id' | 'status'>;

export function accountFromRow(row: AccountRow): Account {
  return {
    id: row.id as AccountId,
    status: row.status,
    key: JSON.parse(row.key) as PublicJwk,
    thumbprint: row.thumbprint,
    contacts: JSON.parse(row.contacts) as readonly string[],
    termsOfServiceAgreed: row.terms_of_service_agreed === 1,
    createdAt: row.created_at,
  };
}

export function newAccountRow(account: NewAccount, now: number): NewAccountRow {
  return {
    key: JSON.stringify(account.key),
    thumbprint: account.thumbprint,
    contacts: JSON.stringify(account.contacts),
    terms_of_service_agreed: account.termsOfServiceAgreed ? 1 : 0,
    created_at: now,
  };
}
