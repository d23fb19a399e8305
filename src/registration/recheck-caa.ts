import { codeOf, describeFailure, explainFailure } from '../explanation/failure-problem.ts';
import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { Authorization } from '../protocol/authorization.ts';
import type { Challenge } from '../protocol/challenge.ts';
import { formatId } from '../protocol/ids.ts';
import { keyAuthorization } from '../protocol/key-authorization.ts';
import type { Order } from '../protocol/order.ts';
import { OutageError } from '../protocol/outage-error.ts';
import type { Subproblem } from '../protocol/problem.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion, ValidationVerdict } from '../protocol/validation-question.ts';
import type { TaskPlace } from '../runtime/task-queue.ts';
import type { OrderWithAuthorizations } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';
import { tooManyUnfinished } from './refusals.ts';

/**
 * The questions about CAA that were answered too long ago to issue upon: RFC 8659 section 3 lets answers be kept for a
 * limited time, which is 8 hours by the Baseline Requirements (section 4.2.2.1). The time of an answer is that of its
 * validation, and a validation that did not come to CAA (an older version's, or one while `caa.enabled` was false) is none.
 * Empty for the order of a client that does not wait. Whether a validation came to CAA is in its record alone, and an order
 * is read without those: so they are read here, where it matters, and one after another, so that others have their turn.
 */
export async function staleCaaQuestions(
  { store, clock, config }: Pick<RegistrationDependencies, 'store' | 'clock' | 'config'>,
  { authorizations }: OrderWithAuthorizations,
  account: Account,
  accountUrl: string | undefined,
): Promise<readonly ValidationQuestion[]> {
  if (!config.caaEnabled) return [];
  const oldest = clock.now() - config.caaRecheckAfterMs;
  const questions: ValidationQuestion[] = [];
  for (const authorization of authorizations) {
    const { identifier, challenges } = authorization;
    const proved = challenges.find(({ status }) => status === 'valid');
    if (identifier.type !== 'dns' || proved?.validatedAt === undefined) continue;
    if (proved.validatedAt >= oldest && (await cameToCaa(store, proved))) continue;
    questions.push(questionAbout(authorization, proved, account, accountUrl));
  }
  return questions;
}

async function cameToCaa(store: RegistrationDependencies['store'], proved: Challenge): Promise<boolean> {
  const authorization = await store.findAuthorization(proved.authorizationId);
  const record = authorization?.challenges.find(({ id }) => id === proved.id)?.record;
  return record?.steps.some(({ step }) => step === 'caa') === true;
}

function questionAbout(
  { identifier, wildcard }: Authorization,
  proved: Challenge,
  account: Account,
  accountUrl: string | undefined,
): ValidationQuestion {
  return {
    challengeId: proved.id,
    accountId: account.id,
    identifier,
    challengeType: proved.type,
    wildcard,
    ...(accountUrl === undefined ? {} : { accountUrl }),
    token: proved.token,
    keyAuthorization: keyAuthorization(proved.token, account.thumbprint),
  };
}

/** A name for which CAA does not let this CA issue, as the client asked for it, or could not be asked. */
interface Forbidden {
  readonly value: string;
  readonly failure: ValidationFailure;
}

/** How many names of an order are asked about at once: each is up to ten questions, from every perspective. */
const NAMES_AT_ONCE = 4;

/**
 * Asks CAA again about the questions, in the account's turn among the validations, a few at a time. Throws 403 `caa` when one
 * of the answers forbids issuance, with a subproblem for each name where there are several (RFC 8555 section 6.7.1),
 * `serverInternal` for a fault of ours, 429 `rateLimited` when the account has no place, and an OutageError when the stop of
 * the server breaks it off.
 */
export async function recheckCaa(
  { validator, logger, tasks }: Pick<RegistrationDependencies, 'validator' | 'logger' | 'tasks'>,
  order: Order,
  questions: readonly ValidationQuestion[],
): Promise<void> {
  const place = tasks.reserve(order.accountId);
  if (place.outcome === 'full') throw tooManyUnfinished(place, 'The order is still ready: finalize it again');
  const verdicts = await inTurn(place, (signal) => askAbout(validator, questions, signal));
  const forbidden = questions.flatMap(({ wildcard, identifier }, index): readonly Forbidden[] => {
    const failure = verdicts[index]?.record.failure;
    return failure === undefined
      ? []
      : [{ value: wildcard ? `*.${identifier.value}` : identifier.value, failure }];
  });
  for (const { value, failure } of forbidden) {
    // Of a fault of ours the log has the cause already.
    if (codeOf(failure) === 'serverInternal') continue;
    logger.warn(
      { order: formatId('order', order.id), name: value, detail: describeFailure(failure) },
      'issuance stopped by CAA',
    );
  }
  const unasked = verdicts.filter((verdict) => verdict === undefined).length;
  if (forbidden.length > 0) throw refusalOf(order, forbidden, unasked);
}

/** Does the work when its turn comes, and answers what it does. Rejects when the queue stops before. */
function inTurn<Result>(place: TaskPlace, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    place.run(
      (signal) => work(signal).then(resolve, reject),
      () => reject(brokenOff()),
    );
  });
}

/**
 * The verdicts in the order of the questions. Once one look-up has failed no further name is taken: where DNS does not answer,
 * a hundred names would take as many timeouts to say the same. What is left out has no verdict.
 */
async function askAbout(
  validator: RegistrationDependencies['validator'],
  questions: readonly ValidationQuestion[],
  signal: AbortSignal,
): Promise<readonly (ValidationVerdict | undefined)[]> {
  const verdicts: (ValidationVerdict | undefined)[] = questions.map(() => undefined);
  const line = questions.entries();
  let unanswered = false;
  const askInLine = async (): Promise<void> => {
    for (const [index, question] of line) {
      const verdict = await validator.checkCaa(question, signal);
      verdicts[index] = verdict;
      const { failure } = verdict.record;
      unanswered ||= failure !== undefined && failure.class !== 'caa';
      if (unanswered || signal.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: NAMES_AT_ONCE }, askInLine));
  // What failed then may have failed by the stop.
  if (signal.aborted && !verdicts.every((verdict) => verdict?.passed)) throw brokenOff();
  return verdicts;
}

/** Nothing was done, and the order is `ready` at the next start. */
function brokenOff(): OutageError {
  return new OutageError('The server stopped while CAA was being asked about before an issuance.', true);
}

function refusalOf(order: Order, forbidden: readonly Forbidden[], unasked: number): AcmeError {
  const problems = forbidden.map(subproblemOf);
  const [first] = problems;
  const others = problems.length - 1;
  const why =
    others > 0
      ? `It stops the issuance for ${first?.identifier.value} and ${others} more of its names: the subproblems say why.`
      : first?.detail;
  const left = unasked > 0 ? ` After that, ${unasked} of its names were not asked about.` : '';
  const code = problems.every((problem) => problem.code === 'serverInternal') ? 'serverInternal' : 'caa';
  return new AcmeError(
    code,
    `Rechecking CAA, because the last check is older than caa.recheckAfterSeconds, or there was none: ${why}${left} The order ` +
      `${formatId('order', order.id)} is still ready: finalize it again then.`,
    others > 0 ? { subproblems: problems } : {},
  );
}

function subproblemOf({ value, failure }: Forbidden): Subproblem {
  const { code, detail } = explainFailure(failure);
  return {
    code: code === 'serverInternal' ? code : 'caa',
    detail,
    identifier: { type: 'dns', value },
  };
}
