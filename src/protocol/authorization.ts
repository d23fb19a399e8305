import type { Challenge } from './challenge.ts';
import type { Identifier } from './identifier.ts';
import type { AccountId, AuthorizationId } from './ids.ts';

/** RFC 8555 section 7.1.6; `expired` is derived, never stored. */
export type AuthorizationStatus = 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';

/** What is stored of an authorization's status. */
export type StoredAuthorizationStatus = Exclude<AuthorizationStatus, 'expired'>;

/** An account's right to an identifier: RFC 8555 section 7.1.4. Times are milliseconds since 1970. */
export interface Authorization {
  readonly id: AuthorizationId;
  readonly accountId: AccountId;
  /** Without the wildcard's `*.`, which is a property of the authorization (RFC 8555 section 7.1.4). */
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly storedStatus: StoredAuthorizationStatus;
  readonly expiresAt: number;
  readonly challenges: readonly Challenge[];
}

/** The authorization's status at `now` (milliseconds since 1970): RFC 8555 section 7.1.6. */
export function authorizationStatus(
  authorization: Pick<Authorization, 'storedStatus' | 'expiresAt'>,
  now: number,
): AuthorizationStatus {
  const stored = authorization.storedStatus;
  const canExpire = stored === 'pending' || stored === 'valid';
  return canExpire && authorization.expiresAt <= now ? 'expired' : stored;
}
