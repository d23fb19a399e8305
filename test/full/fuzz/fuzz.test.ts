import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { fuzzBudget, share } from '../../fuzz/budget.ts';
import { certificateLie, csrLie, tellCertificate, tellCsr } from '../../fuzz/certificate-lies.ts';
import type { FuzzWorld } from '../../fuzz/fuzz-world.ts';
import { createFuzzWorld, issueNormally } from '../../fuzz/fuzz-world.ts';
import { knownLie, tellKnown } from '../../fuzz/known-lies.ts';
import { rawLie } from '../../fuzz/raw-bytes.ts';
import type { RawTally } from '../../fuzz/raw-connections.ts';
import { tellRaw } from '../../fuzz/raw-connections.ts';
import { signedLie, tell } from '../../fuzz/signed-requests.ts';
import type { SpawnedTarget } from './spawned-target.ts';
import { spawnedTarget } from './spawned-target.ts';

const budget = fuzzBudget(20_000, 'against the built program', 'new');
const WARM_UP_CASES = 3_000;
const MOST_GROWTH = 1.2;

let target: SpawnedTarget;
let world: FuzzWorld;
let residentBefore = 0;
const purse: string[] = [];
const tally: RawTally = { waited: 0, answered: 0 };

type Run = (budget: { readonly cases: number; readonly seed: number }) => Promise<void>;

const runs: readonly (readonly [what: string, run: Run])[] = [
  [
    'spoilt and signed requests',
    (of) =>
      fc.assert(
        fc.asyncProperty(signedLie, (lie) => tell(world, purse, lie)),
        share(of, 0.35),
      ),
  ],
  [
    'signed lies of known kinds',
    (of) =>
      fc.assert(
        fc.asyncProperty(knownLie, (lie) => tellKnown(world, purse, lie)),
        share(of, 0.25),
      ),
  ],
  [
    'spoilt and signed CSRs',
    (of) =>
      fc.assert(
        fc.asyncProperty(csrLie, (lie) => tellCsr(world, purse, lie)),
        share(of, 0.15),
      ),
  ],
  [
    'spoilt certificates',
    (of) =>
      fc.assert(
        fc.asyncProperty(certificateLie, (lie) => tellCertificate(world, purse, lie)),
        share(of, 0.05),
      ),
  ],
  [
    'raw connections',
    (of) =>
      fc.assert(
        fc.asyncProperty(rawLie, (lie) => tellRaw(target, tally, lie)),
        share(of, 0.2),
      ),
  ],
];

beforeAll(async () => {
  target = await spawnedTarget();
  world = await createFuzzWorld(target);
  for (const [, run] of runs) await run({ cases: WARM_UP_CASES, seed: budget.seed + 1 });
  residentBefore = await target.residentMb();
});

test.each(runs)('%s are refused as they must be, or do what they may', async (_what, run) => {
  await run(budget);
});

test('nearly everybody who sends bytes and waits is answered', () => {
  expect(tally.answered).toBeGreaterThan(0.95 * tally.waited);
});

test('afterwards a certificate is issued, memory is back within a fifth, and nothing was logged as an error', async () => {
  await issueNormally(target);
  const resident = await target.residentMb();
  console.info(
    `resident memory: ${residentBefore.toFixed(0)} MB after the warm-up, ${resident.toFixed(0)} MB after ${budget.cases} cases`,
  );
  expect(resident).toBeLessThan(residentBefore * MOST_GROWTH);
  expect(target.complaints()).toEqual([]);
});
