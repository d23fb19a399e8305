import { basename } from 'node:path';
import type { ProblemDocument, ValidationFailureReport } from '../client/client-error.ts';
import { RefusedError } from '../client/client-error.ts';
import { parseId } from '../protocol/ids.ts';
import { messageOf } from './exit-code.ts';
import { NotIssuedError } from './not-issued-error.ts';

/** What `touchstone issue --json` prints when it fails: docs/json-output.md. */
export interface IssueFailureDocument {
  readonly names: readonly string[];
  readonly problem: FailureProblem;
  /** The first challenge that failed, for `touchstone explain`. */
  readonly challenge?: string;
  /** Every name that was not proved; absent for a failure of another kind. */
  readonly failures?: readonly FailedName[];
}

/** What the server sent, else `about:blank` (RFC 7807 section 4.2) with what the program says. */
interface FailureProblem extends Omit<ProblemDocument, 'type' | 'detail'> {
  readonly type: string;
  readonly detail: string;
}

interface FailedName {
  readonly name: string;
  readonly challenge?: string;
  readonly challengeUrl: string;
  readonly problem: FailureProblem;
}

/** The document for an error that ended `touchstone issue` for these names. */
export function issueFailureDocument(names: readonly string[], error: unknown): IssueFailureDocument {
  if (!(error instanceof NotIssuedError)) return { names, problem: problemOf(error) };
  const failures = error.failures.map(failedName);
  const [first] = failures;
  return {
    names,
    problem: first?.problem ?? problemOf(error),
    ...(first?.challenge === undefined ? {} : { challenge: first.challenge }),
    failures,
  };
}

function failedName({ name, challengeUrl, problem }: ValidationFailureReport): FailedName {
  const id = basename(challengeUrl);
  // Another server names its challenges as it likes, and where one failed without a challenge the URL is the authorization's.
  const challenge = parseId('chal', id) === undefined ? {} : { challenge: id };
  return { name, ...challenge, challengeUrl, problem: complete(problem, 'the server gave no detail') };
}

function problemOf(error: unknown): FailureProblem {
  return complete(error instanceof RefusedError ? error.problem : {}, messageOf(error));
}

function complete(problem: ProblemDocument, otherwise: string): FailureProblem {
  return { ...problem, type: problem.type ?? 'about:blank', detail: problem.detail ?? otherwise };
}
