import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { fuzzBudget, share } from './budget.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { issueNormally } from './fuzz-world.ts';
import { inProcessTarget } from './in-process-target.ts';
import { rawLie } from './raw-bytes.ts';
import { tellRaw } from './raw-connections.ts';

const budget = fuzzBudget(2_000, 'raw connections');
let overTls: FuzzTarget;
let overHttp: FuzzTarget;

beforeAll(async () => {
  overTls = await inProcessTarget();
  overHttp = await inProcessTarget({ acme: { tls: { enabled: false } } });
});

test('whatever bytes come over TLS are answered with responses in order, and the connection is closed', async () => {
  await fc.assert(
    fc.asyncProperty(rawLie, (lie) => tellRaw(overTls, lie)),
    share(budget, 0.08),
  );
});

test('the same over plain HTTP', async () => {
  await fc.assert(
    fc.asyncProperty(rawLie, (lie) => tellRaw(overHttp, lie)),
    share(budget, 0.22),
  );
});

test('afterwards certificates are issued, and nothing was logged as an error', async () => {
  for (const target of [overTls, overHttp]) {
    await issueNormally(target);
    expect(target.complaints()).toEqual([]);
  }
});
