import { expect, onTestFinished, test, vi } from 'vitest';
import { fuzzBudget } from './budget.ts';

function withoutSettings(): void {
  for (const name of ['TOUCHSTONE_FUZZ_SEED', 'TOUCHSTONE_FUZZ_CASES']) vi.stubEnv(name, undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('every run of the usual suite has the same cases', () => {
  withoutSettings();
  expect(fuzzBudget(10, 'one')).toEqual({ cases: 10, seed: fuzzBudget(10, 'another').seed });
});

test('a run that asks for other cases each time has them, unless the seed is set', () => {
  withoutSettings();
  const seeds = Array.from({ length: 5 }, () => fuzzBudget(10, 'long', 'new').seed);
  expect(new Set(seeds).size).toBeGreaterThan(1);
  vi.stubEnv('TOUCHSTONE_FUZZ_SEED', '7');
  expect(fuzzBudget(10, 'long', 'new').seed).toBe(7);
});
