/** What a server sends when it refuses: RFC 7807 with the members of RFC 8555 section 6.7. */
export interface ProblemDocument {
  readonly type?: string | undefined;
  readonly detail?: string | undefined;
  readonly status?: number | undefined;
  readonly subproblems?: readonly SubproblemDocument[] | undefined;
}

export interface SubproblemDocument {
  readonly type?: string | undefined;
  readonly detail?: string | undefined;
  readonly identifier?: { readonly type: string; readonly value: string } | undefined;
}

/** The server answered with a problem document. `problem` is what it sent, `status` the HTTP status. */
export class RefusedError extends Error {
  readonly problem: ProblemDocument;
  readonly status: number;
  readonly url: string;

  constructor(problem: ProblemDocument, status: number, url: string) {
    super(describeProblem(problem));
    this.name = 'RefusedError';
    this.problem = problem;
    this.status = status;
    this.url = url;
  }
}

/** A challenge, and with it an authorization, failed: the server could not see the key authorization. */
export class ValidationFailedError extends Error {
  readonly failures: readonly ValidationFailureReport[];

  constructor(failures: readonly ValidationFailureReport[]) {
    super(failures.map((failure) => `${failure.name}: ${describeProblem(failure.problem)}`).join('\n'));
    this.name = 'ValidationFailedError';
    this.failures = failures;
  }
}

export interface ValidationFailureReport {
  readonly name: string;
  readonly challengeUrl: string;
  readonly problem: ProblemDocument;
}

/** No answer came: the message says what failed and what to look at. */
export class UnreachableError extends Error {
  readonly url: string;

  constructor(message: string, url: string, cause: unknown) {
    super(message, { cause });
    this.name = 'UnreachableError';
    this.url = url;
  }
}

/** An answer came that is not what RFC 8555 says it must be, or none of the expected ones came in time. */
export class UnexpectedAnswerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnexpectedAnswerError';
  }
}

/** True when the refusal is of the given type: the part of the URN behind `urn:ietf:params:acme:error:`. */
export function isProblemOfType(problem: ProblemDocument, code: string): boolean {
  return problem.type === `urn:ietf:params:acme:error:${code}`;
}

/**
 * A problem document as a person reads it: the detail, then one line for each identifier with a problem of its own, except
 * those that the detail has told already.
 */
export function describeProblem(problem: ProblemDocument): string {
  const own = line(problem.type, problem.detail);
  const others = (problem.subproblems ?? [])
    .filter(({ detail }) => detail === undefined || problem.detail?.includes(detail) !== true)
    .map(
      (subproblem) =>
        `  ${subproblem.identifier?.value ?? 'one identifier'}: ${line(subproblem.type, subproblem.detail)}`,
    );
  return [own, ...others].join('\n');
}

function line(type: string | undefined, detail: string | undefined): string {
  const code = type?.replace(/^urn:ietf:params:acme:error:/, '') ?? 'no error type';
  return `${detail ?? 'the server gave no detail'} (${code})`;
}
