import { expect, test } from 'vitest';
import type { Account } from '../../src/protocol/account.ts';
import type { ChallengeId } from '../../src/protocol/ids.ts';
import { formatId } from '../../src/protocol/ids.ts';
import type { RegistrationDependencies } from '../../src/registration/dependencies.ts';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import type { Store } from '../../src/store/store.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import type { World } from './world.ts';
import { createWorld, DAY, dns, newCsr, newReadyOrder, newTestAccount, START, verdict } from './world.ts';

const ACCOUNT_URL = 'https://ca.example.test/acme/account/acct_1';
const ONE_AT_A_TIME = { atOnce: 1, atOncePerOwner: 1, unfinished: 100, unfinishedPerOwner: 100 };

/** The queue of a server that stops: it takes nothing more. */
const STOPPED: RegistrationDependencies['tasks'] = {
  run: () => false,
  reserve: () => ({ outcome: 'reserved', run: () => false, giveUp: () => undefined }),
  idle: () => Promise.resolve(),
};

/** A world in which a challenge was claimed, and then the server stopped before its validation began. */
async function afterCrash() {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await world.registration.newOrder(account, { identifiers: dns('example.com') });
  const [authorizationId] = order.authorizationIds;
  if (authorizationId === undefined) throw new Error('An order has authorizations.');
  const [challenge] = (await world.registration.authorization(account, authorizationId)).challenges;
  if (challenge === undefined) throw new Error('An authorization has challenges.');
  const stopping = world.again({ tasks: STOPPED });
  await stopping.respondToChallenge(account, challenge.id, ACCOUNT_URL);
  return { world, account, order, authorizationId, challenge };
}

test('validates an interrupted challenge anew, with its token and the URL that its account had then, and its order becomes ready', async () => {
  const { world, account, order, challenge } = await afterCrash();
  const { registration } = world;
  expect((await registration.challenge(account, challenge.id)).challenge.status).toBe('processing');
  await registration.recover();
  await registration.idle();
  expect(world.questions).toMatchObject([
    {
      challengeId: challenge.id,
      keyAuthorization: `${challenge.token}.${account.thumbprint}`,
      accountUrl: ACCOUNT_URL,
    },
  ]);
  expect((await registration.challenge(account, challenge.id)).challenge.status).toBe('valid');
  expect((await registration.order(account, order.id)).status).toBe('ready');
  await registration.recover();
  await registration.idle();
  expect(world.questions).toHaveLength(1);
});

test('makes an interrupted challenge invalid without asking when its account is no longer valid', async () => {
  const { world, account, challenge, authorizationId } = await afterCrash();
  await world.registration.deactivateAccount(account);
  await world.registration.recover();
  await world.registration.idle();
  expect(world.questions).toEqual([]);
  const found = (await world.registration.challenge(account, challenge.id)).challenge;
  expect(found).toMatchObject({ status: 'invalid', problem: { code: 'unauthorized' } });
  expect(found.problem?.detail).toContain(formatId('chal', challenge.id));
  expect((await world.registration.authorization(account, authorizationId)).storedStatus).toBe('invalid');
});

test('makes an interrupted challenge invalid when its authorization expired or was given up meanwhile', async () => {
  const expired = await afterCrash();
  expired.world.levers.now = START + 7 * DAY;
  const deactivated = await afterCrash();
  await deactivated.world.registration.deactivateAuthorization(
    deactivated.account,
    deactivated.authorizationId,
  );
  for (const [{ world, account, challenge }, word] of [
    [expired, 'expired'],
    [deactivated, 'deactivated'],
  ] as const) {
    await world.registration.recover();
    await world.registration.idle();
    expect(world.questions).toEqual([]);
    const found = (await world.registration.challenge(account, challenge.id)).challenge;
    expect(found.status).toBe('invalid');
    expect(found.problem?.detail).toContain(`its authorization is ${word}`);
  }
});

test('records nothing for a validation that shutdown aborted, so that it is made again at the next start', async () => {
  const { world, account, challenge } = await afterCrash();
  const deadlines: (() => void)[] = [];
  const tasks = createTaskQueue({
    limits: ONE_AT_A_TIME,
    timer: {
      ...systemTimer,
      after: (_milliseconds, action) => {
        deadlines.push(action);
        return () => undefined;
      },
    },
    onError: (error) => {
      throw error;
    },
  });
  world.levers.validate = (question, signal) =>
    new Promise((resolve) =>
      signal?.addEventListener('abort', () =>
        resolve(verdict(question, { class: 'internal', detail: 'The server is stopping.' })),
      ),
    );
  const stopping = world.again({ tasks });
  await stopping.recover();
  const drained = tasks.drain(1000);
  for (const reach of deadlines) reach();
  expect(await drained).toBe(1);
  await tasks.idle();
  expect((await world.registration.challenge(account, challenge.id)).challenge.status).toBe('processing');

  world.levers.validate = async (question) => verdict(question);
  await world.registration.recover();
  await world.registration.idle();
  expect((await world.registration.challenge(account, challenge.id)).challenge.status).toBe('valid');
});

test('records an outcome as soon as the store can take it again, and says once in the log that it waits', async () => {
  const { world, account, challenge } = await afterCrash();
  const pauses: number[] = [];
  let refusals = 3;
  const failing = world.again({
    timer: {
      ...systemTimer,
      after: (milliseconds, action) => {
        pauses.push(milliseconds);
        return systemTimer.after(0, action);
      },
    },
    store: {
      ...world.store,
      recordValidation: (outcome, now) => {
        refusals -= 1;
        return refusals >= 0
          ? Promise.reject(new StoreUnavailableError('full', 'disk full'))
          : world.store.recordValidation(outcome, now);
      },
    },
  });
  await failing.recover();
  await failing.idle();
  expect((await world.registration.challenge(account, challenge.id)).challenge.status).toBe('valid');
  expect(pauses).toEqual([1_000, 5_000, 15_000]);
  expect(world.logged).toHaveLength(1);
  expect(world.questions).toHaveLength(1);
});

test('gives up an outcome that fails by a bug, tells it, and holds no place for it', async () => {
  const { world, account, challenge } = await afterCrash();
  const failing = world.again({
    store: { ...world.store, recordValidation: () => Promise.reject(new TypeError('undefined')) },
  });
  await failing.recover();
  await failing.idle();
  expect(world.logged).toEqual([expect.stringMatching(/could not be recorded, by a fault of this server/)]);
  expect((await world.registration.challenge(account, challenge.id)).challenge.status).toBe('processing');
});

/** A store whose reads of challenges fail so many times, and a timer that does not wait. */
function failingReads(world: World, failures: number) {
  let left = failures;
  const findChallenge: Store['findChallenge'] = (id) => {
    left -= 1;
    return left >= 0
      ? Promise.reject(new StoreUnavailableError('io', 'SQLITE_IOERR_READ'))
      : world.store.findChallenge(id);
  };
  return world.again({
    timer: { ...systemTimer, after: (_milliseconds, action) => systemTimer.after(0, action) },
    store: { ...world.store, findChallenge },
  });
}

test('takes up a challenge whose reading fails a few times', async () => {
  const { world, account, challenge } = await afterCrash();
  const failing = failingReads(world, 3);
  await failing.recover();
  await failing.idle();
  expect((await world.registration.challenge(account, challenge.id)).challenge.status).toBe('valid');
});

test('leaves a challenge that cannot be read for the next start, and tells it', async () => {
  const { world, account, challenge } = await afterCrash();
  const failing = failingReads(world, Number.POSITIVE_INFINITY);
  await failing.recover();
  await failing.idle();
  expect(world.logged).toEqual([expect.stringMatching(/could not be read. The next start takes it up/)]);
  expect((await world.registration.challenge(account, challenge.id)).challenge.status).toBe('processing');
});

test('keeps a challenge processing whose outcome the store cannot take before the server stops', async () => {
  const { world, account, challenge } = await afterCrash();
  const tasks = createTaskQueue({ limits: ONE_AT_A_TIME, timer: systemTimer, onError: () => undefined });
  let refused = () => {};
  const tried = new Promise<void>((resolve) => {
    refused = resolve;
  });
  const failing = world.again({
    tasks,
    store: {
      ...world.store,
      recordValidation: () => {
        refused();
        return Promise.reject(new StoreUnavailableError('full', 'disk full'));
      },
    },
  });
  await failing.recover();
  await tried;
  expect(await tasks.drain(0)).toBe(1);
  await tasks.idle();
  expect((await world.registration.challenge(account, challenge.id)).challenge.status).toBe('processing');
});

test('does not say that an outcome is tried again when the server stops first', async () => {
  const { world } = await afterCrash();
  const tasks = createTaskQueue({ limits: ONE_AT_A_TIME, timer: systemTimer, onError: () => undefined });
  const stopping = world.again({
    tasks,
    store: {
      ...world.store,
      recordValidation: async () => {
        await tasks.drain(0);
        throw new StoreUnavailableError('full', 'disk full');
      },
    },
  });
  await stopping.recover();
  await tasks.idle();
  expect(world.logged).toEqual([]);
});

test('leaves an order whose finalization was interrupted ready: the claim does not outlive the process', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account);
  const csr = await newCsr(dns('example.com'));
  await new Promise<void>((signing) => {
    world.levers.beforeSigning = () => {
      signing();
      return new Promise(() => undefined);
    };
    void world.registration.finalize(account, order.id, csr);
  });
  expect((await world.registration.order(account, order.id)).status).toBe('processing');
  world.levers.beforeSigning = async () => undefined;
  const restarted = world.again();
  await restarted.recover();
  expect((await restarted.order(account, order.id)).status).toBe('ready');
  expect((await restarted.finalize(account, order.id, csr)).status).toBe('valid');
});

/** 150 challenges of the account that were claimed before a crash, oldest first. */
async function interruptedChallenges(world: World, account: Account): Promise<readonly ChallengeId[]> {
  const claimed: ChallengeId[] = [];
  for (let orders = 0; orders < 3; orders += 1) {
    const names = Array.from({ length: 50 }, (_, number) => `n${number}.o${orders}.a${account.id}.test`);
    const { order } = await world.registration.newOrder(account, { identifiers: dns(...names) });
    const found = await Promise.all(order.authorizationIds.map((id) => world.store.findAuthorization(id)));
    const ids = found.flatMap((authorization) => authorization?.challenges.slice(0, 1) ?? []);
    await Promise.all(ids.map(({ id }) => world.store.claimChallenge(id, START)));
    claimed.push(...ids.map(({ id }) => id));
  }
  return claimed;
}

test('takes up more than may be unfinished, a few of each account at a time and in turn, and loses none', async () => {
  const world = await createWorld();
  const accounts = [await newTestAccount(world), await newTestAccount(world)];
  for (const account of accounts) await interruptedChallenges(world, account);
  const tasks = createTaskQueue({ limits: ONE_AT_A_TIME, timer: systemTimer, onError: () => undefined });
  const restarted = world.again({ tasks });
  let running = 0;
  let mostAtOnce = 0;
  world.levers.validate = async (question) => {
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return verdict(question);
  };
  await restarted.recover();
  await restarted.idle();
  expect(mostAtOnce).toBe(1);
  expect(new Set(world.questions.map(({ challengeId }) => challengeId)).size).toBe(300);
  expect(world.questions).toHaveLength(300);
  expect(await world.store.findInterruptedChallenges()).toEqual([]);
  const [first, second] = accounts.map(({ id }) => id);
  expect(
    world.questions
      .slice(100, 104)
      .map(({ accountId }) => accountId)
      .sort(),
  ).toEqual([first, first, second, second]);
});

test('those that cannot be read again stand in the way of none behind them, and are left for the next start', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const unreadable = new Set((await interruptedChallenges(world, account)).slice(0, 120));
  const findChallenge: Store['findChallenge'] = (id) =>
    unreadable.has(id) ? Promise.reject(new Error('disk')) : world.store.findChallenge(id);
  const restarted = world.again({ store: { ...world.store, findChallenge } });
  await restarted.recover();
  await restarted.idle();
  expect(world.questions).toHaveLength(30);
  const left = await world.store.findInterruptedChallenges();
  expect(left.map(({ challengeId }) => challengeId)).toEqual([...unreadable]);
});
