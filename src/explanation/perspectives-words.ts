import type { PerspectivesFailure, ValidationFailure } from '../protocol/validation-failure.ts';

/** Which perspectives disagree, and the arithmetic. `describe` tells the failure of one. */
export function perspectivesWords(
  { remotes, allowed, disagreeing }: PerspectivesFailure,
  describe: (failure: ValidationFailure) => string,
): string {
  const [first] = disagreeing;
  const names = disagreeing.map(({ perspective }) => perspective).join(', ');
  const count = `${disagreeing.length} of ${remotes} remote perspectives (${names}) did not corroborate, and ${allowed} may`;
  return first === undefined
    ? count
    : `During secondary validation: ${count}. From ${first.perspective}: ${describe(first.failure)}`;
}
