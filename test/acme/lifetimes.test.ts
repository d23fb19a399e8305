import { expect, onTestFinished, test } from 'vitest';
import { challengeOf, csrFor, dns, placeOrder, readyOrder } from '../support/acme-orders.ts';
import { problemOf } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const START = Date.UTC(2031, 0, 1);
const SETTINGS = {
  orderLifetimeSeconds: 300,
  pendingAuthorizationLifetimeSeconds: 60,
  validAuthorizationLifetimeSeconds: 200,
};

/** A CA whose calendar stands still until it is put ahead. */
async function start(registration: Readonly<Record<string, number>>): Promise<{
  readonly ca: TestCa;
  readonly putAhead: (seconds: number) => void;
}> {
  let aheadMs = 0;
  const ca = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: { registration },
    world: { clock: { now: () => START + aheadMs } },
  });
  const putAhead = (seconds: number): void => {
    aheadMs += seconds * 1000;
  };
  return { ca, putAhead };
}

/** As `expires` has it: RFC 8555 section 7.1.3. */
const after = (seconds: number): string => `${new Date(START + seconds * 1000).toISOString().slice(0, 19)}Z`;

test.each([
  ['by default 7, 7 and 30 days', {}, [604_800, 604_800, 2_592_000]],
  ['as the settings say', SETTINGS, [300, 60, 200]],
] as const)('orders, pending and valid authorizations expire %s', async (_what, registration, expected) => {
  const { ca } = await start(registration);
  const client = await ca.account();
  const pending = await placeOrder(client, dns('pending.localhost'));
  const ready = await readyOrder(ca, client, dns('ready.localhost'));
  const paths = [pending.path, pending.authorizations[0] ?? '', ready.authorizations[0] ?? ''];
  const expiries = [];
  for (const path of paths) expiries.push((await client.post(path)).json.expires);
  expect(expiries).toEqual(expected.map(after));
});

test('a challenge is refused once the pending authorization has expired, and the order is invalid before its own end', async () => {
  const { ca, putAhead } = await start(SETTINGS);
  const client = await ca.account();
  const order = await placeOrder(client, dns('late.localhost'));
  const challenge = await challengeOf(client, order.authorizations[0] ?? '');
  putAhead(59);
  expect((await client.post(order.path)).json.status).toBe('pending');
  putAhead(1);
  expect(problemOf(await client.post(challenge.path, {}))).toBe('malformed');
  expect((await client.post(order.authorizations[0] ?? '')).json.status).toBe('expired');
  expect((await client.post(order.path)).json.status).toBe('invalid');
});

test('an order is not finalized once a valid authorization or the order itself has expired', async () => {
  for (const [registration, seconds] of [
    [SETTINGS, 200],
    [{ ...SETTINGS, validAuthorizationLifetimeSeconds: 1000 }, 300],
  ] as const) {
    const { ca, putAhead } = await start(registration);
    const client = await ca.account();
    const order = await readyOrder(ca, client, dns('late.localhost'));
    putAhead(seconds - 1);
    expect((await client.post(order.path)).json.status).toBe('ready');
    putAhead(1);
    const finalized = await client.post(order.finalize, { csr: csrFor(dns('late.localhost')) });
    expect(problemOf(finalized)).toBe('orderNotReady');
  }
});
