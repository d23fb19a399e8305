/**
 * Something that the server itself needs does not work. Whoever throws it has told the operator; its message is for the
 * log, not for clients.
 */
export class OutageError extends Error {
  /** True when nothing of what was asked has been done, and the same request can succeed later. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OutageError';
    this.transient = transient;
  }
}
