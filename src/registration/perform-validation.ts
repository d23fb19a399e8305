import { describeFailure, explainFailure } from '../explanation/failure-problem.ts';
import type { Challenge } from '../protocol/challenge.ts';
import { failureClassOf } from '../protocol/failure-class.ts';
import { formatId } from '../protocol/ids.ts';
import { keyAuthorization } from '../protocol/key-authorization.ts';
import type { InternalFailure, ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion, ValidationVerdict } from '../protocol/validation-question.ts';
import type { ValidationRecord } from '../protocol/validation-record.ts';
import type { ChallengeWithAuthorization } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { recordOutcome } from './record-outcome.ts';

const FAULT: InternalFailure = {
  class: 'internal',
  detail: 'The validation stopped by a fault of this server, whose log says more.',
};

/**
 * Validates a challenge that is `processing` and records the outcome by a guarded update (RFC 8555 section 7.1.6). Never
 * rejects: what goes wrong on our side is logged. When `signal` aborts a validation before it has passed, nothing is
 * recorded, and `recover` validates anew at the next start.
 */
export async function performValidation(
  dependencies: RegistrationDependencies,
  { challenge, authorization }: ChallengeWithAuthorization,
  thumbprint: string,
  signal: AbortSignal,
): Promise<void> {
  const { clock, config, logger } = dependencies;
  const question: ValidationQuestion = {
    challengeId: challenge.id,
    accountId: authorization.accountId,
    identifier: authorization.identifier,
    wildcard: authorization.wildcard,
    challengeType: challenge.type,
    ...(challenge.accountUrl === undefined ? {} : { accountUrl: challenge.accountUrl }),
    token: challenge.token,
    keyAuthorization: keyAuthorization(challenge.token, thumbprint),
  };
  const validatedAt = clock.now();
  const { passed, record } = await validate(dependencies, question, signal);
  if (!passed && signal.aborted) return;
  const outcome = {
    challengeId: challenge.id,
    passed,
    validatedAt,
    record,
    authorizationExpiresAt: clock.now() + config.validAuthorizationLifetimeMs,
    ...(passed ? {} : { problem: explainFailure(failureOf(record)) }),
  };
  const recorded = await recordOutcome(dependencies, outcome, signal);
  if (recorded === true) logOutcome(logger, question, passed, record);
  if (recorded === false) {
    const facts = { challenge: formatId('chal', challenge.id) };
    logger.warn(facts, 'The challenge was decided otherwise before its validation ended.');
  }
}

/** Logs a validation whose outcome is on disk: a failure as a warning with its class, its sentence, and the id that `explain` takes. */
function logOutcome(
  logger: RegistrationDependencies['logger'],
  { challengeId, identifier, challengeType }: ValidationQuestion,
  passed: boolean,
  record: ValidationRecord,
): void {
  const challenge = formatId('chal', challengeId);
  const facts = { challenge, name: identifier.value, type: challengeType };
  const durationMs = Math.round(record.durationMs);
  if (passed) {
    logger.info({ ...facts, durationMs }, 'validation passed');
    return;
  }
  const failure = failureOf(record);
  logger.warn(
    {
      ...facts,
      failure: failureClassOf(failure),
      detail: describeFailure(failure),
      explain: challenge,
      durationMs,
    },
    'validation failed',
  );
}

async function validate(
  { validator, clock, logger }: RegistrationDependencies,
  question: ValidationQuestion,
  signal: AbortSignal,
): Promise<ValidationVerdict> {
  const startedAt = clock.now();
  try {
    return await validator.validate(question, signal);
  } catch (error) {
    logger.error(
      { challenge: formatId('chal', question.challengeId), err: error },
      'A validation stopped by a fault of this server.',
    );
    return { passed: false, record: recordWithoutSteps(question, startedAt, FAULT) };
  }
}

/** What is kept of a validation of which nothing is known but why it failed. Times are milliseconds since 1970. */
export function recordWithoutSteps(
  question: {
    readonly identifier: ValidationQuestion['identifier'];
    readonly challengeType: Challenge['type'];
  },
  startedAt: number,
  failure: ValidationFailure,
): ValidationRecord {
  return {
    identifier: question.identifier,
    challengeType: question.challengeType,
    // Without a step there was no address to decide about, under whatever policy.
    addressPolicy: 'documented',
    startedAt,
    durationMs: 0,
    steps: [],
    failure,
  };
}

function failureOf(record: ValidationRecord): ValidationFailure {
  return record.failure ?? FAULT;
}
