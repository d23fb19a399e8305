import { isIP } from 'node:net';
import type { Configuration } from '../application/configuration.ts';
import { challengeTypesFor } from '../policy/challenge-types.ts';
import { checkIdentifiers, orderProblem } from '../policy/names.ts';
import type { AcmeError } from '../protocol/acme-error.ts';
import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { Identifier } from '../protocol/identifier.ts';
import { authorizationIdentifier, isWildcard } from '../protocol/identifier.ts';
import type { ChallengeId } from '../protocol/ids.ts';
import { keyAuthorization } from '../protocol/key-authorization.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { ValidationQuestion } from '../protocol/validation-question.ts';
import type { Randomness } from '../runtime/randomness.ts';
import { UsageError } from './usage-error.ts';

/** The ways that a check can go: those of the drafts say nothing before an account has its label or its record. */
export const CHECK_TYPES = ['http-01', 'dns-01', 'tls-alpn-01'] as const satisfies readonly ChallengeType[];

export type CheckType = (typeof CHECK_TYPES)[number];

/** What is checked: a name or an address, and how its control would be proved. */
export interface CheckSubject {
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly type: CheckType;
}

/** As much as an order's token and thumbprint have. */
const RANDOM_BYTES = 32;

/** As no stored challenge is called: it stands in logs alone. */
const NO_CHALLENGE = 0 as ChallengeId;

/**
 * Reads the name as typed: what an order for it would be refused for is the refusal here too. Throws UsageError where the
 * way to prove control does not fit the name.
 */
export function checkSubject(
  typed: string,
  wanted: CheckType | undefined,
  { policy, validation }: Pick<Configuration, 'policy' | 'validation'>,
): Result<CheckSubject, AcmeError> {
  const checked = checkIdentifiers([requestedIdentifier(typed)], {
    requirePublicSuffix: policy.requirePublicSuffix,
    challengeTypes: policy.challengeTypes,
    addresses: validation,
  });
  if (!checked.ok) return refused(orderProblem(checked.refusal));
  const [requested] = checked.value;
  if (requested === undefined) throw new Error('unreachable: one identifier was asked for');
  const wildcard = isWildcard(requested);
  const identifier = authorizationIdentifier(requested);
  const offered = challengeTypesFor(identifier, wildcard, policy.challengeTypes);
  const usual = CHECK_TYPES.find((each) => offered.includes(each));
  const type = wanted ?? usual ?? (wildcard ? 'dns-01' : 'http-01');
  if (!offered.includes(type)) throw unfitting(requested.value, type, offered);
  return accepted({ identifier, wildcard, type });
}

function unfitting(name: string, type: CheckType, offered: readonly ChallengeType[]): UsageError {
  const fitting = CHECK_TYPES.filter((each) => offered.includes(each));
  const otherwise =
    fitting.length === 0
      ? 'policy.challengeTypes says which ones are switched on'
      : `use --type ${fitting.join(' or ')}, or leave it out`;
  return new UsageError(
    `a check by ${type} says nothing about ${name}, for which an order offers ${offered.join(', ')}: ${otherwise}.`,
  );
}

function requestedIdentifier(typed: string): Identifier {
  switch (isIP(typed)) {
    case 4:
      return { type: 'ip', value: typed };
    case 6:
      // A URL's host is written as RFC 5952 says. It has no zone, which is refused as it was typed.
      return {
        type: 'ip',
        value: typed.includes('%') ? typed : new URL(`http://[${typed}]`).hostname.slice(1, -1),
      };
    default:
      return { type: 'dns', value: typed };
  }
}

/** The question of a validation for which there is no order: with a token of its own, and the key authorization of nobody. */
export function rehearsalQuestion(
  { identifier, wildcard, type }: CheckSubject,
  accountUrl: string | undefined,
  randomness: Randomness,
): ValidationQuestion {
  const random = () => Buffer.from(randomness.bytes(RANDOM_BYTES)).toString('base64url');
  const token = random();
  return {
    challengeId: NO_CHALLENGE,
    identifier,
    wildcard,
    challengeType: type,
    token,
    keyAuthorization: keyAuthorization(token, random()),
    rehearsal: true,
    ...(accountUrl === undefined ? {} : { accountUrl }),
  };
}
