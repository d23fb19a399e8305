import type { PerspectivesFailure, ValidationFailure } from '../protocol/validation-failure.ts';
import type { Corroboration } from '../protocol/validation-record.ts';

/**
 * Which perspectives disagree, and the arithmetic: the Baseline Requirements, section 3.2.2.9. It begins as Let's Encrypt does,
 * and goes on with what the first of them met, which `describe` tells.
 */
export function perspectivesWords(
  failure: PerspectivesFailure,
  describe: (failure: ValidationFailure) => string,
): string {
  const { disagreeing } = failure;
  const [first] = disagreeing;
  const names = disagreeing.map(({ perspective }) => perspective).join(', ');
  const words = `During secondary validation: ${disagreementWords(failure, ` (${names})`)}`;
  return first === undefined ? words : `${words}. From ${first.perspective}: ${describe(first.failure)}`;
}

/** How many disagree, which `names` may say, and how many may. */
export function disagreementWords(
  { remotes, allowed, disagreeing }: PerspectivesFailure,
  names = '',
): string {
  return `${disagreeing.length} of ${remotesWords(remotes)}${names} did not corroborate, and ${allowedWords(allowed)}`;
}

/** How many of all did corroborate, for the beginning of what each of them found. */
export function corroborationWords({ remotes, failed, allowed }: Corroboration): string {
  const corroborated = `${remotes.length - failed} of ${remotesWords(remotes.length)} corroborated`;
  return failed === 0 ? corroborated : `${corroborated}, ${failed} did not, and ${allowedWords(allowed)}`;
}

function remotesWords(count: number): string {
  return `${count} remote perspective${count === 1 ? '' : 's'}`;
}

function allowedWords(allowed: number): string {
  return allowed === 0 ? 'none may' : `at most ${allowed} may`;
}
