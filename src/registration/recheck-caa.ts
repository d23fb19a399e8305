import { describeFailure, explainFailure } from '../explanation/failure-problem.ts';
import type { Account } from '../protocol/account.ts';
import { AcmeError } from '../protocol/acme-error.ts';
import type { Authorization } from '../protocol/authorization.ts';
import { formatId } from '../protocol/ids.ts';
import { keyAuthorization } from '../protocol/key-authorization.ts';
import type { Order } from '../protocol/order.ts';
import type { Subproblem } from '../protocol/problem.ts';
import type { ValidationFailure } from '../protocol/validation-failure.ts';
import type { ValidationQuestion } from '../protocol/validation-question.ts';
import type { OrderWithAuthorizations } from '../store/store.ts';
import type { RegistrationDependencies } from './dependencies.ts';

/**
 * The questions about CAA that were answered too long ago to issue upon: RFC 8659 section 3 lets answers be kept for a
 * limited time, which is 8 hours by the Baseline Requirements (section 4.2.2.1). The time of an answer is that of its
 * validation, and a validation that did not come to CAA (an older version's, or one while `caa.enabled` was false) is none.
 * Empty, at no cost worth naming, for the order of a client that does not wait.
 */
export function staleCaaQuestions(
  { clock, config }: Pick<RegistrationDependencies, 'clock' | 'config'>,
  { authorizations }: OrderWithAuthorizations,
  account: Account,
  accountUrl: string | undefined,
): readonly ValidationQuestion[] {
  if (!config.caaEnabled) return [];
  const oldest = clock.now() - config.caaRecheckAfterMs;
  const questions = authorizations.map((each) => staleQuestion(each, oldest, account, accountUrl));
  return questions.filter((question) => question !== undefined);
}

function staleQuestion(
  { identifier, wildcard, challenges }: Authorization,
  oldest: number,
  account: Account,
  accountUrl: string | undefined,
): ValidationQuestion | undefined {
  if (identifier.type !== 'dns') return undefined;
  const proved = challenges.find(({ status }) => status === 'valid');
  if (proved?.validatedAt === undefined) return undefined;
  const wasChecked = proved.record?.steps.some(({ step }) => step === 'caa') === true;
  if (wasChecked && proved.validatedAt >= oldest) return undefined;
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

/** A name for which CAA no longer lets this CA issue, as the client asked for it. */
interface Forbidden {
  readonly value: string;
  readonly failure: ValidationFailure;
}

/**
 * Asks CAA again about all the questions side by side. Throws 403 `caa` when one of the answers forbids issuance, with a
 * subproblem for each name where there are several (RFC 8555 section 6.7.1), and `serverInternal` for a fault of ours.
 */
export async function recheckCaa(
  { validator, logger }: Pick<RegistrationDependencies, 'validator' | 'logger'>,
  order: Order,
  questions: readonly ValidationQuestion[],
): Promise<void> {
  const verdicts = await Promise.all(questions.map((question) => validator.checkCaa(question)));
  const forbidden = verdicts.flatMap(({ record: { identifier, failure } }, index): readonly Forbidden[] => {
    const value = questions[index]?.wildcard ? `*.${identifier.value}` : identifier.value;
    return failure === undefined ? [] : [{ value, failure }];
  });
  for (const { value, failure } of forbidden)
    logger.warn(
      { order: formatId('order', order.id), name: value, detail: describeFailure(failure) },
      'issuance stopped by CAA',
    );
  if (forbidden.length > 0) throw refusalOf(order, forbidden);
}

function refusalOf(order: Order, forbidden: readonly Forbidden[]): AcmeError {
  const problems = forbidden.map(subproblemOf);
  const [first] = problems;
  const others = problems.length - 1;
  const why =
    others > 0
      ? `It stops the issuance for ${first?.identifier.value} and ${others} more of its names: the subproblems say why.`
      : first?.detail;
  const code = problems.every((problem) => problem.code === 'serverInternal') ? 'serverInternal' : 'caa';
  return new AcmeError(
    code,
    `Rechecking CAA, because the last check is older than caa.recheckAfterSeconds, or there was none: ${why} The order ` +
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
