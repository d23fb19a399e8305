import type { Authorization, StoredAuthorizationStatus } from '../../protocol/authorization.ts';
import type { Challenge } from '../../protocol/challenge.ts';
import type { IdentifierType } from '../../protocol/identifier.ts';
import type { AccountId, AuthorizationId } from '../../protocol/ids.ts';

export interface AuthorizationRow {
  readonly id: number;
  readonly account_id: number;
  readonly identifier_type: IdentifierType;
  readonly identifier_value: string;
  readonly wildcard: number;
  readonly status: StoredAuthorizationStatus;
  readonly expires_at: number;
}

/** Joins a row with its challenges, which come in the order in which they were made. */
export function authorizationFromRow(row: AuthorizationRow, challenges: readonly Challenge[]): Authorization {
  return {
    id: row.id as AuthorizationId,
    accountId: row.account_id as AccountId,
    identifier: { type: row.identifier_type, value: row.identifier_value },
    wildcard: row.wildcard === 1,
    storedStatus: row.status,
    expiresAt: row.expires_at,
    challenges,
  };
}
