import type { ValidationFailureReport } from '../client/client-error.ts';

/** The CA refused; the message says what to do next. */
export class NotIssuedError extends Error {
  readonly failures: readonly ValidationFailureReport[];

  constructor(message: string, failures: readonly ValidationFailureReport[], cause: unknown) {
    super(message, { cause });
    this.name = 'NotIssuedError';
    this.failures = failures;
  }
}
