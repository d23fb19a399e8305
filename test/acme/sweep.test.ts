import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { challengeOf, csrFor, dns, issue, placeOrder, readyOrder } from '../support/acme-orders.ts';
import { problemOf } from '../support/acme-requests.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DAY = 86_400_000;

test('what has expired is swept in the background as the settings say, and answers 404 wherever it was', async () => {
  let aheadMs = 0;
  let swept: (() => void) | undefined;
  const ca = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: { store: { sweepIntervalSeconds: 0.02, keepExpiredSeconds: 3 * 86_400 } },
    world: {
      clock: { now: () => systemClock.now() + aheadMs },
      logger: {
        debug: () => {},
        info: (_facts, message) => {
          if (message === 'expired orders swept') swept?.();
        },
        warn: () => {},
        error: () => {},
      },
    },
  });
  const client = await ca.account();
  const pending = await placeOrder(client, dns('pending.localhost'));
  const challenge = await challengeOf(client, pending.authorizations[0] ?? '');
  const ready = await readyOrder(ca, client, dns('ready.localhost'));
  const issued = await issue(ca, client, dns('issued.localhost'));
  await issue(ca, client, dns('newest.localhost'));

  aheadMs = 9 * DAY;
  expect((await client.post(pending.path)).json.status).toBe('invalid');

  const gone = new Promise<void>((resolve) => {
    swept = resolve;
  });
  aheadMs = 34 * DAY;
  await gone;
  const paths = [pending.path, pending.authorizations[0] ?? '', challenge.path, ready.path];
  for (const path of paths) expect(problemOf(await client.post(path)), path).toBe('malformed');
  const finalized = await client.post(ready.finalize, { csr: csrFor(dns('ready.localhost')) });
  expect([finalized.status, problemOf(finalized)]).toEqual([404, 'malformed']);
  const revocation = { certificate: issued.leaf.raw.toString('base64url') };
  expect((await client.post('/acme/revoke-cert', revocation)).status).toBe(200);
  expect(ca.complaints).toEqual([]);
});
