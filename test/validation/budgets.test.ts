import { afterEach, expect, test } from 'vitest';
import type { Resolver } from '../../src/dns/resolver.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Network } from '../../src/runtime/network.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { startBudget } from '../../src/validation/budget.ts';
import { validationSchema } from '../../src/validation/validation-config.ts';
import { createValidator } from '../../src/validation/validator.ts';
import { watchWarnings } from '../support/seen-warnings.ts';
import { steppedTimer } from '../support/stepped-timer.ts';
import { questionFor, tableResolver, WITHOUT_CAA } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startWebServer } from '../support/web-server.ts';

const V6 = '2001:db8::1';
const V4 = '127.0.0.1';
const SLOWEST_LOOKUP_MS = 8000;

let server: SeenServer | undefined;
afterEach(() => server?.stop());

/** The document's worked example, where everything takes as long as it may: IPv6 never answers, IPv4 redirects to https. */
async function workedExample(settings: object) {
  const timer = steppedTimer();
  const table = tableResolver({ 'dual.test': { A: [V4], AAAA: [V6] } });
  const resolver: Resolver = {
    ...table,
    // A and AAAA are asked side by side, so that the time passes once for both.
    lookup: (name, type) => {
      if (type === 'AAAA') timer.pass(SLOWEST_LOOKUP_MS);
      return table.lookup(name, type);
    },
  };
  const dialled: string[] = [];
  const real = createSystemNetwork(systemTimer);
  const network: Network = {
    connect: (target, budgetMs, signal) => {
      dialled.push(`${target.address} within ${budgetMs}`);
      if (target.address === V4) return real.connect(target, 5000, signal);
      timer.pass(budgetMs);
      return Promise.resolve({ outcome: signal?.aborted ? 'aborted' : 'timeout', durationMs: budgetMs });
    },
  };
  server = await startWebServer(V4, 0, (_, response) => {
    timer.pass(9999);
    response.writeHead(301, { location: 'https://dual.test/x' }).end();
  });
  const validator = createValidator(
    { ...validationSchema.parse({ httpPort: server.port }), caa: WITHOUT_CAA, ...settings },
    { resolver, network, timer, clock: systemClock, userAgent: 'touchstone-test' },
  );
  return { ...(await validator.validate(questionFor())), dialled };
}

test('the worked example with the slowest DNS, dials and answer takes 46 s, within the 60 s of a validation', async () => {
  const { record, dialled } = await workedExample({});
  expect(dialled).toEqual([`${V6} within 10000`, `${V4} within 10000`, `${V6} within 10000`]);
  expect(record.failure).toMatchObject({ class: 'connect', kind: 'timeout', rule: 'redirect-no-retry' });
  expect(record.durationMs).toBe(2 * SLOWEST_LOOKUP_MS + 2 * 10_000 + 9999);
});

test('a shorter total ends it where it runs out, and names the hop', async () => {
  const { record, dialled } = await workedExample({ totalTimeoutMs: 40_000 });
  expect(dialled).toHaveLength(3);
  expect(record.failure).toMatchObject({
    class: 'overall-timeout',
    budgetMs: 40_000,
    at: { url: 'https://dual.test:5001/x', address: V6 },
  });
  expect(record.steps.at(-1)).toMatchObject({ step: 'attempt', outcome: 'aborted' });
});

test('any number of steps may wait for the end of a budget, without a warning', async () => {
  const warnings = watchWarnings();
  const timer = steppedTimer();
  const total = startBudget(timer, 1000);
  const steps = Array.from({ length: 20 }, () => startBudget(timer, 5000, total.signal));
  timer.pass(1000);
  expect(steps.every(({ signal, expired }) => signal.aborted && !expired())).toBe(true);
  expect(await warnings()).toEqual([]);
});
