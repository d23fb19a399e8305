import { ConfigurationError } from '../application/configuration.ts';
import { FolderInUseError } from '../runtime/folder-lock.ts';
import { PortInUseError } from '../runtime/listener.ts';
import { UsageError } from './usage-error.ts';

/** The exit code that tells a caller what kind of failure it was: 1 internal, 2 bad usage or configuration, 3 port or data folder in use. */
export function exitCodeOf(error: unknown): 1 | 2 | 3 {
  if (error instanceof UsageError || error instanceof ConfigurationError) return 2;
  if (error instanceof PortInUseError || error instanceof FolderInUseError) return 3;
  return 1;
}

/** What to print for the failure: its message alone where it was made for people, its stack where it is a bug. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const forPeople = exitCodeOf(error) !== 1 || 'code' in error || error.name !== 'Error';
  return forPeople && error.name !== 'TypeError' ? error.message : (error.stack ?? error.message);
}
