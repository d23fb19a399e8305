import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { fuzzBudget, share } from './budget.ts';
import { certificateLie, csrLie, tellCertificate, tellCsr } from './certificate-lies.ts';
import type { FuzzWorld } from './fuzz-world.ts';
import { createFuzzWorld, issueNormally } from './fuzz-world.ts';
import { inProcessTarget } from './in-process-target.ts';

const budget = fuzzBudget(2_000, 'certificates');
let world: FuzzWorld;

beforeAll(async () => {
  world = await createFuzzWorld(await inProcessTarget());
});

test('a spoilt CSR that its key has signed is refused, or gets exactly the names of the order', async () => {
  const purse: string[] = [];
  await fc.assert(
    fc.asyncProperty(csrLie, (lie) => tellCsr(world, purse, lie)),
    share(budget, 0.15),
  );
});

test('only the bytes of a certificate as they were issued can be revoked', async () => {
  const purse: string[] = [];
  await fc.assert(
    fc.asyncProperty(certificateLie, (lie) => tellCertificate(world, purse, lie)),
    share(budget, 0.05),
  );
});

test('afterwards a certificate is issued, and nothing was logged as an error', async () => {
  await issueNormally(world.target);
  expect(world.target.complaints()).toEqual([]);
});
