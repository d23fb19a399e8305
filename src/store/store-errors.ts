/**
 * Why a store could not do its work: the disk is full, another program holds the file, the operating system failed a
 * read or write, the store is closed, or nobody knows any more what is on disk.
 */
export type UnavailabilityReason = 'full' | 'busy' | 'io' | 'closed' | 'unknown-state';

/** The store could not do what it was asked, through no fault of the caller. Its message is for the log, not for clients. */
export class StoreUnavailableError extends Error {
  readonly reason: UnavailabilityReason;

  constructor(reason: UnavailabilityReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
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
