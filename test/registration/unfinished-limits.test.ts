import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/protocol/account.ts';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import type { Store } from '../../src/store/store.ts';
import { refusalOf } from './refusal.ts';
import { createWorld, dns, newTestAccount, verdict } from './world.ts';

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('An order has as many challenges as names, and more.');
  return value;
}

describe('with as many unfinished validations as there may be', () => {
  const LIMITS = { atOnce: 1, atOncePerOwner: 1, unfinished: 3, unfinishedPerOwner: 2 };

  /** Challenges of one account, over a queue with the limits, whose validations end when the test says so. */
  async function limited() {
    const world = await createWorld();
    const ends: (() => void)[] = [];
    world.levers.validate = (question) =>
      new Promise((resolve) => void ends.push(() => resolve(verdict(question))));
    const tasks = createTaskQueue({ limits: LIMITS, timer: systemTimer, onError: () => undefined });
    const registration = world.again({ tasks });
    const challengesOf = async (account: Account, count: number) => {
      const names = Array.from({ length: count }, (_, index) => `n${index}.${account.id}.test`);
      const { order } = await registration.newOrder(account, { identifiers: dns(...names) });
      const authorizations = await Promise.all(
        order.authorizationIds.map((id) => registration.authorization(account, id)),
      );
      return authorizations.flatMap(({ challenges }) => challenges.slice(0, 1));
    };
    const endAll = async () => {
      let idle = false;
      void tasks.idle().then(() => {
        idle = true;
      });
      // Each end lets the next validation begin, and is over when its outcome is on disk.
      while (!idle) {
        ends.shift()?.();
        await new Promise((resolve) => setTimeout(resolve));
      }
    };
    return { world, registration, challengesOf, endAll };
  }

  test('refuses with rateLimited before the claim, and takes the same challenge when one has ended', async () => {
    const { world, registration, challengesOf, endAll } = await limited();
    const account = await newTestAccount(world);
    const challenges = await challengesOf(account, 3);
    const last = present(challenges[2]);
    for (const { id } of challenges.slice(0, 2)) await registration.respondToChallenge(account, id);
    const refused = await refusalOf(registration.respondToChallenge(account, last.id));
    expect(refused).toMatchObject({
      code: 'rateLimited',
      status: 429,
      error: { retryAfterSeconds: 1 },
    });
    expect(refused.detail).toContain('validation.maxUnfinishedPerAccount');
    expect((await registration.challenge(account, last.id)).challenge).toEqual(last);
    // What was taken is answered as it stands, and takes no second place.
    await registration.respondToChallenge(account, present(challenges[0]).id);
    await endAll();
    await registration.respondToChallenge(account, last.id);
    await endAll();
    expect((await registration.challenge(account, last.id)).challenge.status).toBe('valid');
  });

  test('counts all accounts together too, and names that limit', async () => {
    const { world, registration, challengesOf } = await limited();
    const [first, second] = [await newTestAccount(world), await newTestAccount(world)];
    for (const { id } of await challengesOf(first, 2)) await registration.respondToChallenge(first, id);
    const [one, two] = await challengesOf(second, 2);
    await registration.respondToChallenge(second, present(one).id);
    const refused = await refusalOf(registration.respondToChallenge(second, present(two).id));
    expect(refused).toMatchObject({ code: 'rateLimited' });
    expect(refused.detail).toContain('validation.maxUnfinished)');
  });

  test('gives the place back when the claim is lost or fails', async () => {
    const { world, challengesOf } = await limited();
    const account = await newTestAccount(world);
    const challenges = await challengesOf(account, 2);
    const failing = (claimChallenge: Store['claimChallenge']) => {
      const tasks = createTaskQueue({ limits: LIMITS, timer: systemTimer, onError: () => undefined });
      return world.again({ tasks, store: { ...world.store, claimChallenge } });
    };
    const broken = failing(() => Promise.reject(new Error('disk full')));
    for (let count = 0; count < 5; count += 1)
      await expect(broken.respondToChallenge(account, present(challenges[0]).id)).rejects.toThrow(
        'disk full',
      );
    const losing = failing(() => Promise.resolve(false));
    for (let count = 0; count < 5; count += 1) {
      const refused = await refusalOf(losing.respondToChallenge(account, present(challenges[1]).id));
      expect(refused.code).toBe('unauthorized');
    }
  });

  test('of many requests at once for many challenges, as many as there may be win, each once', async () => {
    const { world, registration, challengesOf, endAll } = await limited();
    const account = await newTestAccount(world);
    const challenges = await challengesOf(account, 5);
    const answers = await Promise.allSettled(
      [...challenges, ...challenges].map(({ id }) => registration.respondToChallenge(account, id)),
    );
    const processing = await world.store.findInterruptedChallenges();
    expect(processing.length).toBeGreaterThan(0);
    expect(processing.length).toBeLessThanOrEqual(2);
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(4);
    await endAll();
    expect(world.questions.map(({ challengeId }) => challengeId).sort()).toEqual(
      processing.map(({ challengeId }) => challengeId).sort(),
    );
  });
});
