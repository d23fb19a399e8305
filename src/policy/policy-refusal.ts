import type { ErrorCode } from '../protocol/problem.ts';

/** A refusal by policy: the ACME error and the sentence for the person who asked. */
export interface PolicyRefusal {
  readonly code: ErrorCode;
  readonly detail: string;
}
