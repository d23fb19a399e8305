import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { fuzzBudget, share } from './budget.ts';
import type { FuzzWorld } from './fuzz-world.ts';
import { createFuzzWorld, issueNormally } from './fuzz-world.ts';
import { inProcessTarget } from './in-process-target.ts';
import { knownLie, tellKnown } from './known-lies.ts';
import { signedLie, tell } from './signed-requests.ts';

const budget = fuzzBudget(2_000, 'signed requests');
let world: FuzzWorld;

beforeAll(async () => {
  world = await createFuzzWorld(await inProcessTarget());
});

test('a signed request that was spoilt is refused with a problem document or does what it may', async () => {
  const purse: string[] = [];
  await fc.assert(
    fc.asyncProperty(signedLie, (lie) => tell(world, purse, lie)),
    share(budget, 0.25),
  );
});

test('a signed lie of a known kind is answered with the problem type that the RFC has for it', async () => {
  const purse: string[] = [];
  await fc.assert(
    fc.asyncProperty(knownLie, (lie) => tellKnown(world, purse, lie)),
    share(budget, 0.25),
  );
});

test('afterwards a certificate is issued, and nothing was logged as an error', async () => {
  await issueNormally(world.target);
  expect(world.target.complaints()).toEqual([]);
});
