import { AuthorityFileError } from '../issuance/authority.ts';
import { FolderInUseError, UnreadableLockError } from '../runtime/folder-lock.ts';
import { StoreOpenError } from '../store/store-errors.ts';
import { ConfigurationError } from './configuration-error.ts';
import { BusyPortError } from './listen-by-settings.ts';

/** What `startTouchstone` rejects with, for programs that tell one from another: `error instanceof startErrors.BusyPortError`. */
export const startErrors = {
  AuthorityFileError,
  BusyPortError,
  ConfigurationError,
  FolderInUseError,
  StoreOpenError,
  UnreadableLockError,
} as const;
