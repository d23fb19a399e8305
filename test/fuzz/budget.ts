import type { Parameters } from 'fast-check';

/** How many cases a run has in all, and the number that they all follow from. */
export interface FuzzBudget {
  readonly cases: number;
  readonly seed: number;
}

/** Of the usual suite: whether it passes must not hang on chance, but on what was changed. */
const USUAL_SEED = 8555;

/**
 * The budget of this run: TOUCHSTONE_FUZZ_CASES and TOUCHSTONE_FUZZ_SEED where they are set. Else its cases are the same
 * each time, or with `new` others each time. The seed is printed, so that what a run has found can be found again.
 */
export function fuzzBudget(usualCases: number, part: string, choice: 'same' | 'new' = 'same'): FuzzBudget {
  const { TOUCHSTONE_FUZZ_CASES, TOUCHSTONE_FUZZ_SEED } = process.env;
  const cases = Number(TOUCHSTONE_FUZZ_CASES ?? usualCases);
  const usualSeed = choice === 'same' ? USUAL_SEED : Math.floor(Math.random() * 2 ** 31);
  const seed = Number(TOUCHSTONE_FUZZ_SEED ?? usualSeed);
  console.info(
    `fuzz, ${part}: ${cases} cases in all, seed ${seed} (TOUCHSTONE_FUZZ_SEED=${seed} repeats them)`,
  );
  return { cases, seed };
}

/** A share of the budget, as fast-check takes it. */
export function share<T>({ cases, seed }: FuzzBudget, part: number): Parameters<T> {
  return { numRuns: Math.ceil(cases * part), seed, endOnFailure: false };
}
