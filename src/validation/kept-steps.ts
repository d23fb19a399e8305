import type { ValidationStep } from '../protocol/validation-record.ts';
import type { CorroborationResult } from './perspectives.ts';

/**
 * Bytes of JSON for the steps of the primary perspective, and as many for those of all remote ones together. An honest
 * validation's are a few thousand; but the owner of a name leads us through ten redirects, and a hundred names are in an order.
 */
export const KEPT_STEPS_BYTES = 131_072;

/**
 * The steps, as far as they fit `limitBytes` of JSON. Where they do not, those in the middle give way to one `omitted` step that
 * counts them: the first say where it began, the last why it ended, and whether CAA was asked.
 */
export function keptSteps(steps: readonly ValidationStep[], limitBytes: number): readonly ValidationStep[] {
  const sizes = steps.map((step) => Buffer.byteLength(JSON.stringify(step)));
  if (sum(sizes) <= limitBytes) return steps;
  const half = limitBytes / 2;
  const head = fitting(sizes, half);
  const tail = fitting(sizes.toReversed(), half);
  const count = steps.length - head - tail;
  return [...steps.slice(0, head), { step: 'omitted', count }, ...steps.slice(steps.length - tail)];
}

/** The same for all remote perspectives, which share the room in equal parts. */
export function keptCorroboration<Result extends Pick<CorroborationResult, 'corroboration'>>(
  result: Result,
): Result {
  const { corroboration } = result;
  const { remotes } = corroboration;
  const each = KEPT_STEPS_BYTES / remotes.length;
  const kept = remotes.map((remote) => ({ ...remote, steps: keptSteps(remote.steps, each) }));
  return { ...result, corroboration: { ...corroboration, remotes: kept } };
}

/** How many of the first sizes fit. */
function fitting(sizes: readonly number[], limit: number): number {
  let used = 0;
  const over = sizes.findIndex((size) => {
    used += size;
    return used > limit;
  });
  return over < 0 ? sizes.length : over;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
