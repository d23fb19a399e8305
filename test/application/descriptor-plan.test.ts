import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planDescriptors } from '../../src/application/descriptor-plan.ts';

test('without a limit, or with a high one, everything is as it is set, and nothing is said', () => {
  const ample = { acme: 10_000, publication: 1_000, dials: 100 };
  expect(planDescriptors(undefined, 100)).toEqual(ample);
  expect(planDescriptors(1_048_576, 100)).toEqual(ample);
});

test('the usual 1024 leave the dials as they are, and hundreds of connections', () => {
  expect(planDescriptors(1024, 100)).toEqual({ acme: 717, publication: 79, dials: 100 });
});

test('a low limit takes from connections and from dials, and the warning says what and what to do', () => {
  const { warning, ...plan } = planDescriptors(256, 100);
  expect(plan).toEqual({ acme: 48, publication: 16, dials: 64 });
  expect(warning).toContain('no more than 256 files');
  expect(warning).toContain('takes 48 connections at once and dials 64 hosts at once instead of 100');
  expect(warning).toContain('ulimit -n 65536');
});

test('from 256 on, all parts together leave the files that the server itself needs', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 256, max: 2_000_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      (limit, most) => {
        const { acme, publication, dials } = planDescriptors(limit, most);
        expect(acme + publication + dials + 128).toBeLessThanOrEqual(limit);
        expect(Math.min(acme, publication, dials)).toBeGreaterThanOrEqual(1);
        expect(dials).toBeLessThanOrEqual(most);
      },
    ),
  );
});
