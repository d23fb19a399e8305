import type { Challenge, ChallengeStatus } from '../../protocol/challenge.ts';
import type { ChallengeType } from '../../protocol/challenge-type.ts';
import type { AuthorizationId, ChallengeId } from '../../protocol/ids.ts';
import type { Problem } from '../../protocol/problem.ts';
import type { ValidationRecord } from '../../protocol/validation-record.ts';

export interface ChallengeRow {
  readonly id: number;
  readonly authorization_id: number;
  readonly type: ChallengeType;
  readonly status: ChallengeStatus;
  readonly token: string;
  readonly validated_at: number | null;
  readonly problem: string | null;
  readonly record: string | null;
  readonly account_url: string | null;
}

export function challengeFromRow(row: ChallengeRow): Challenge {
  return {
    id: row.id as ChallengeId,
    authorizationId: row.authorization_id as AuthorizationId,
    type: row.type,
    status: row.status,
    token: row.token,
    ...(row.account_url === null ? {} : { accountUrl: row.account_url }),
    ...(row.validated_at === null ? {} : { validatedAt: row.validated_at }),
    ...(row.problem === null ? {} : { problem: JSON.parse(row.problem) as Problem }),
    ...(row.record === null ? {} : { record: JSON.parse(row.record) as ValidationRecord }),
  };
}
