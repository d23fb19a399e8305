import type { Authorization } from '../../protocol/authorization.ts';
import type { Identifier } from '../../protocol/identifier.ts';
import { authorizationIdentifier, isWildcard } from '../../protocol/identifier.ts';
import type { AccountId, AuthorizationId, ChallengeId } from '../../protocol/ids.ts';
import { AUTHORIZATION_TRANSITIONS } from '../../protocol/transitions.ts';
import type { ChallengeWithAuthorization, InterruptedChallenge } from '../store.ts';
import type { AuthorizationRow } from './authorization-rows.ts';
import { authorizationFromRow } from './authorization-rows.ts';
import type { ChallengeRow } from './challenge-rows.ts';
import { challengeFromRow } from './challenge-rows.ts';
import type { Connection } from './connection.ts';
import { statusesBefore } from './guards.ts';

/** The questions about authorizations and their challenges, as prepared statements. */
export function authorizationQueries(connection: Connection) {
  const byId = connection.prepare<[number], AuthorizationRow>('SELECT * FROM authorizations WHERE id = ?');
  const challengesOf = connection.prepare<[number], ChallengeRow>(
    'SELECT * FROM challenges WHERE authorization_id = ? ORDER BY id',
  );
  const challengeById = connection.prepare<[number], ChallengeRow>('SELECT * FROM challenges WHERE id = ?');
  const processing = connection.prepare<[], InterruptedChallenge>(
    `SELECT c.id AS challengeId, z.account_id AS accountId FROM challenges c
     JOIN authorizations z ON z.id = c.authorization_id WHERE c.status = 'processing' ORDER BY c.id`,
  );
  const held = connection.prepare<[number, string, string, number, number], number>(
    `SELECT 1 FROM authorizations WHERE status = 'valid' AND account_id = ? AND identifier_value = ?
     AND identifier_type = ? AND wildcard = ? AND expires_at > ? LIMIT 1`,
  );

  function find(id: AuthorizationId): Authorization | undefined {
    const row = byId.get(id);
    return row === undefined
      ? undefined
      : authorizationFromRow(row, challengesOf.all(id).map(challengeFromRow));
  }

  function withAuthorization(row: ChallengeRow): ChallengeWithAuthorization {
    const challenge = challengeFromRow(row);
    const authorization = find(challenge.authorizationId);
    // Unreachable: a challenge refers to its authorization, and SQLite holds it to that.
    if (authorization === undefined) throw new Error(`The authorization of challenge ${row.id} is missing.`);
    return { challenge, authorization };
  }

  return {
    find,
    findChallenge(id: ChallengeId): ChallengeWithAuthorization | undefined {
      const row = challengeById.get(id);
      return row === undefined ? undefined : withAuthorization(row);
    },
    findInterrupted: (): readonly InterruptedChallenge[] => processing.all(),
    /** Nothing is proved by holding the authorizations of no identifier at all, so an empty list answers false. */
    holdsAll(accountId: AccountId, identifiers: readonly Identifier[], now: number): boolean {
      const holds = (identifier: Identifier): boolean => {
        const { type, value } = authorizationIdentifier(identifier);
        return held.get(accountId, value, type, isWildcard(identifier) ? 1 : 0, now) !== undefined;
      };
      return identifiers.length > 0 && identifiers.every(holds);
    },
  };
}

/** The changes of authorizations as such, as prepared statements. To be run inside a transaction. */
export function authorizationChanges(connection: Connection) {
  const { find } = authorizationQueries(connection);
  const deactivate = connection.prepare<[number, number]>(
    `UPDATE authorizations SET status = 'deactivated'
     WHERE id = ? AND status IN (${statusesBefore(AUTHORIZATION_TRANSITIONS, 'deactivated')}) AND expires_at > ?`,
  );
  return {
    deactivate: (id: AuthorizationId, now: number): Authorization | undefined =>
      deactivate.run(id, now).changes === 1 ? find(id) : undefined,
  };
}
