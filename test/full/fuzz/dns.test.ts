import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fuzzBudget, share } from '../../fuzz/budget.ts';
import type { DnsLie } from '../../fuzz/dns-lies.ts';
import { dnsLie } from '../../fuzz/dns-lies.ts';
import type { DnsWorld } from '../../fuzz/dns-world.ts';
import { startDnsWorld } from '../../fuzz/dns-world.ts';

const budget = fuzzBudget(20_000, 'DNS answers', 'new');
const AT_ONCE = 16;
const MOST_GROWTH = 1.2;

let world: DnsWorld;

beforeAll(async () => {
  world = await startDnsWorld('::1');
});
afterAll(() => world.stop());

async function tellAll(lies: readonly DnsLie[]): Promise<void> {
  await Promise.all(lies.map((lie) => world.tell(lie)));
}

/** Bytes that are in use once the garbage is gone. */
function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

test('look-ups end well whatever the server says, and leave no memory behind', async () => {
  const lies = fc.array(dnsLie, { minLength: AT_ONCE, maxLength: AT_ONCE });
  const run = (part: number) => fc.assert(fc.asyncProperty(lies, tellAll), share(budget, part / AT_ONCE));
  await run(0.2);
  const before = usedHeap();
  await run(1);
  const after = usedHeap();
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  console.info(`heap in use: ${megabytes(before)} MB after the warm-up, ${megabytes(after)} MB at the end`);
  expect(after).toBeLessThan(before * MOST_GROWTH);
  expect(world.deadlines()).toBe(0);
});
