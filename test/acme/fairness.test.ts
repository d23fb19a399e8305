import { expect, onTestFinished, test } from 'vitest';
import { keyAuthorization } from '../../src/protocol/key-authorization.ts';
import type { DialResult, Network } from '../../src/runtime/network.ts';
import { createSystemNetwork } from '../../src/runtime/network.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import type { OfferedChallenge } from '../support/acme-orders.ts';
import { challengeOf, dns, finish, placeOrder, read } from '../support/acme-orders.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import { problemOf } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SILENT_HOSTS = Object.fromEntries(
  Array.from({ length: 50 }, (_, index) => [`*.s${index}.test`, [`192.0.2.${index + 1}`]]),
);

/** The real network, in which 192.0.2.0/24 never answers. */
function silentNetwork() {
  const real = createSystemNetwork(systemTimer);
  const seen = { hanging: 0, most: 0 };
  const network: Network = {
    connect: (target, budgetMs, signal) => {
      if (!target.address.startsWith('192.0.2.')) return real.connect(target, budgetMs, signal);
      seen.hanging += 1;
      seen.most = Math.max(seen.most, seen.hanging);
      return new Promise<DialResult>((resolve) =>
        signal?.addEventListener('abort', () => {
          seen.hanging -= 1;
          resolve({ outcome: 'aborted', durationMs: 0 });
        }),
      );
    },
  };
  return { network, seen };
}

async function start(settings: object = {}) {
  const { network, seen } = silentNetwork();
  const ca = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: { dns: { hosts: SILENT_HOSTS }, validation: { ...settings } },
    world: { network },
  });
  return { ca, seen, network };
}

/** The challenges of so many orders of a hundred names at the silent hosts. */
async function silentChallenges(client: AcmeRequests, orders: number): Promise<readonly OfferedChallenge[]> {
  const challenges: OfferedChallenge[] = [];
  for (let order = 0; order < orders; order += 1) {
    const names = Array.from({ length: 100 }, (_, name) => `n${order}-${name}.s${name % 50}.test`);
    for (const authorization of (await placeOrder(client, dns(...names))).authorizations)
      challenges.push(await challengeOf(client, authorization));
  }
  return challenges;
}

/** Issues without waiting for validations of others to end, as `ca.idle()` would. */
async function issueBeside(ca: TestCa, client: AcmeRequests, name: string): Promise<string> {
  const order = await placeOrder(client, dns(name));
  const [authorization = ''] = order.authorizations;
  const { path, token } = await challengeOf(client, authorization);
  ca.responder.serve(token, keyAuthorization(token, client.key.thumbprint));
  await client.post(path, {});
  while ((await read(client, authorization)).status === 'pending');
  return (await finish(client, order, dns(name))).chainPem;
}

test('while 500 targets of one account never answer, others get their certificates, also after a restart', async () => {
  const { ca, seen, network } = await start();
  const flooding = await ca.account();
  for (const { path } of await silentChallenges(flooding, 5)) await flooding.post(path, {});
  for (let index = 0; index < 5; index += 1)
    expect(await issueBeside(ca, await ca.account(), `a${index}.localhost`)).toContain('CERTIFICATE');
  expect(seen).toEqual({ hanging: 25, most: 25 });
  await ca.stop();
  expect(seen.hanging).toBe(0);

  const again = await ca.startAgain({ settings: { dns: { hosts: SILENT_HOSTS } }, world: { network } });
  expect(await issueBeside(again, await again.account(), 'b.localhost')).toContain('CERTIFICATE');
  expect(seen).toEqual({ hanging: 25, most: 25 });
  const reader = await again.reader();
  expect(await reader.findInterruptedChallenges()).toHaveLength(500);
});

test('a challenge beyond the limit is refused with 429 and Retry-After, and nothing has changed', async () => {
  const { ca } = await start({ maxUnfinishedPerAccount: 3 });
  const client = await ca.account();
  const challenges = await silentChallenges(client, 1);
  for (const { path } of challenges.slice(0, 3)) expect((await client.post(path, {})).status).toBe(200);
  const before = ca.contents();
  const refused = await client.post(challenges[3]?.path ?? '', {});
  expect([refused.status, problemOf(refused)]).toEqual([429, 'rateLimited']);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.json.detail).toContain('validation.maxUnfinishedPerAccount');
  expect(ca.contents()).toEqual(before);
  expect(await issueBeside(ca, await ca.account(), 'other.localhost')).toContain('CERTIFICATE');
});
