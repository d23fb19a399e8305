import { OutageError } from '../protocol/outage-error.ts';

/**
 * Why a store could not do its work: the disk is full, another program holds the file, the operating system failed a
 * read or write, the store is closed, or nobody knows any more what is on disk.
 */
export type UnavailabilityReason = 'full' | 'busy' | 'io' | 'closed' | 'unknown-state';

/** The reasons that pass by themselves or by what the operator does beside the server. */
const TRANSIENT: readonly UnavailabilityReason[] = ['full', 'busy', 'closed'];

/** The store could not do what it was asked, through no fault of the caller. Its message is for the log, not for clients. */
export class StoreUnavailableError extends OutageError {
  readonly reason: UnavailabilityReason;

  constructor(reason: UnavailabilityReason, message: string, cause?: unknown) {
    super(message, TRANSIENT.includes(reason), cause);
    this.name = 'StoreUnavailableError';
    this.reason = reason;
  }
}

/** The database cannot be opened. Its message is for the person who started the program. */
export class StoreOpenError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreOpenError';
  }
}
