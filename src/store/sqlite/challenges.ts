import type { AccountId, ChallengeId } from '../../protocol/ids.ts';
import { AUTHORIZATION_TRANSITIONS, CHALLENGE_TRANSITIONS } from '../../protocol/transitions.ts';
import type { ValidationOutcome } from '../store.ts';
import type { Connection } from './connection.ts';
import { statusesBefore } from './guards.ts';

/** The transitions of challenges (RFC 8555 section 7.1.6), as prepared statements. To be run inside a transaction. */
export function challengeChanges(connection: Connection) {
  const claim = connection.prepare<[string | null, number, number]>(
    `UPDATE challenges SET status = 'processing', account_url = ?
     WHERE id = ? AND status IN (${statusesBefore(CHALLENGE_TRANSITIONS, 'processing')})
     AND EXISTS (
       SELECT 1 FROM authorizations z JOIN accounts a ON a.id = z.account_id
       WHERE z.id = challenges.authorization_id AND z.status = 'pending' AND z.expires_at > ? AND a.status = 'valid'
     )`,
  );
  // Two statements each instead of a status parameter: the guard is the table's row for that very status.
  const decide = (status: 'valid' | 'invalid') =>
    connection.prepare<[number, string | null, string, number], { readonly authorization_id: number }>(
      `UPDATE challenges SET status = '${status}', validated_at = ?, problem = ?, record = ?
       WHERE id = ? AND status IN (${statusesBefore(CHALLENGE_TRANSITIONS, status)}) RETURNING authorization_id`,
    );
  const challengeValid = decide('valid');
  const challengeInvalid = decide('invalid');
  const authorizationValid = connection.prepare<[number, number, number]>(
    `UPDATE authorizations SET status = 'valid', expires_at = ?
     WHERE id = ? AND status IN (${statusesBefore(AUTHORIZATION_TRANSITIONS, 'valid')}) AND expires_at > ?`,
  );
  const authorizationInvalid = connection.prepare<[number, number]>(
    `UPDATE authorizations SET status = 'invalid'
     WHERE id = ? AND status IN (${statusesBefore(AUTHORIZATION_TRANSITIONS, 'invalid')}) AND expires_at > ?`,
  );

  const owner = connection
    .prepare<[number], AccountId>(
      'SELECT z.account_id FROM challenges c JOIN authorizations z ON z.id = c.authorization_id WHERE c.id = ?',
    )
    .pluck();

  return {
    /** The account that the challenge belongs to; undefined when there is no such challenge. */
    owner: (id: ChallengeId): AccountId | undefined => owner.get(id),
    claim: (id: ChallengeId, now: number, accountUrl?: string): boolean =>
      claim.run(accountUrl ?? null, id, now).changes === 1,
    /**
     * The authorization follows the challenge (RFC 8555 section 7.5.1) if it is still pending: one that its client gave
     * up meanwhile, that another challenge decided, or that has expired at `now`, stays as it is.
     */
    record(outcome: ValidationOutcome, now: number): boolean {
      const { passed, problem } = outcome;
      const row = (passed ? challengeValid : challengeInvalid).get(
        outcome.validatedAt,
        problem === undefined ? null : JSON.stringify(problem),
        JSON.stringify(outcome.record),
        outcome.challengeId,
      );
      if (row === undefined) return false;
      if (passed) authorizationValid.run(outcome.authorizationExpiresAt, row.authorization_id, now);
      else authorizationInvalid.run(row.authorization_id, now);
      return true;
    },
  };
}
