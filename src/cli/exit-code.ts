import { ConfigurationError } from '../application/configuration-error.ts';
import {
  RefusedError,
  UnexpectedAnswerError,
  UnreachableError,
  ValidationFailedError,
} from '../client/client-error.ts';
import { AuthorityFileError } from '../issuance/authority.ts';
import { FileWriteError } from '../runtime/file-write-error.ts';
import { FolderInUseError, FolderLostError, UnreadableLockError } from '../runtime/folder-lock.ts';
import { CannotListenError, PortInUseError } from '../runtime/listen-errors.ts';
import { StoreOpenError, StoreUnavailableError } from '../store/store-errors.ts';
import { NotIssuedError } from './not-issued-error.ts';
import { UsageError } from './usage-error.ts';

/** 1 a failure or a bug, 2 bad usage or configuration, 3 port or data folder in use. */
export type ExitCode = 1 | 2 | 3;

/** The errors whose message was written for the person who runs the program, each with its exit code. */
const FOR_PEOPLE: readonly (readonly [kind: abstract new (...args: never) => Error, code: ExitCode])[] = [
  [UsageError, 2],
  [ConfigurationError, 2],
  [AuthorityFileError, 2],
  [CannotListenError, 2],
  [PortInUseError, 3],
  [FolderInUseError, 3],
  [UnreadableLockError, 3],
  [FolderLostError, 1],
  [FileWriteError, 1],
  [StoreOpenError, 1],
  [StoreUnavailableError, 1],
  [NotIssuedError, 1],
  [RefusedError, 1],
  [ValidationFailedError, 1],
  [UnreachableError, 1],
  [UnexpectedAnswerError, 1],
];

/** The exit code that tells a caller what kind of failure it was. */
export function exitCodeOf(error: unknown): ExitCode {
  return FOR_PEOPLE.find(([kind]) => error instanceof kind)?.[1] ?? 1;
}

/** What to print for the failure: its message alone where it was made for people, its stack where it is a bug. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `a value that is no error was thrown: ${String(error)}`;
  if (FOR_PEOPLE.some(([kind]) => error instanceof kind) || isSystemError(error)) return error.message;
  const cause = error.cause === undefined ? '' : `\ncaused by ${messageOf(error.cause)}`;
  return `this is a bug in Touchstone; please report it with what follows.\n${error.stack ?? error.message}${cause}`;
}

/** The operating system refused something, such as a full disk or a file without permission; its message says which. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && typeof error.syscall === 'string';
}
