import type { ErrorCode, Problem, Subproblem } from './problem.ts';
import { errorStatus } from './problem.ts';

export interface AcmeErrorOptions {
  readonly subproblems?: readonly Subproblem[];
  /** Overrides the status that goes with the code, for instance 404 or 405 with `malformed`. */
  readonly status?: number;
  /** Whole seconds for Retry-After. */
  readonly retryAfterSeconds?: number;
  /** Further response headers, for instance `Allow` with 405. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem document, for instance `algorithms` (RFC 8555 section 6.2). */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** What lies behind it; goes to the log only. */
  readonly cause?: unknown;
}

/** A refusal that a client is told about. Thrown at the request boundary; becomes a problem document in one file. */
export class AcmeError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly subproblems: readonly Subproblem[];
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, options: AcmeErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AcmeError';
    this.code = code;
    this.status = options.status ?? errorStatus(code);
    this.subproblems = options.subproblems ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
    this.extensions = options.extensions ?? {};
  }

  /** The part that is stored with a challenge or an order. */
  toProblem(): Problem {
    const base = { code: this.code, detail: this.message };
    return this.subproblems.length === 0 ? base : { ...base, subproblems: this.subproblems };
  }
}
