import { describe, expect, test } from 'vitest';
import { OutageError } from '../../src/protocol/outage-error.ts';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';
import type { ValidationQuestion } from '../../src/protocol/validation-question.ts';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { refusalOf } from './refusal.ts';
import type { World } from './world.ts';
import { createWorld, dns, HOUR, newCsr, newReadyOrder, newTestAccount, START, verdict } from './world.ts';

const ACCOUNT_URL = 'https://localhost:14000/acme/account/acct_1';
const NAMES = dns('one.example.com', '*.two.example.com', 'three.example.com');

function forbids(name: string): ValidationFailure {
  return {
    class: 'caa',
    name,
    wildcard: false,
    foundAt: name,
    decision: 'not-authorized',
    record: { critical: false, tag: 'issue', value: 'other.example' },
    identities: ['touchstone.test'],
  };
}

/** Everything of the order is checked at START; it is finalized the given time later. */
async function finalizeAfter(world: World, ms: number, identifiers = NAMES) {
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account, identifiers);
  const csr = await newCsr(identifiers);
  world.levers.now = START + ms;
  return { account, order, finalize: () => world.registration.finalize(account, order.id, csr, ACCOUNT_URL) };
}

test('asks nothing when every check is 8 hours old at most', async () => {
  const world = await createWorld();
  const { finalize } = await finalizeAfter(world, 8 * HOUR);
  expect((await finalize()).status).toBe('valid');
  expect(world.rechecked).toEqual([]);
});

test('asks about few names side by side when the checks are older, and then signs', async () => {
  const world = await createWorld();
  let underWay = 0;
  world.levers.checkCaa = async (question) => {
    underWay += 1;
    await new Promise((resolve) => setImmediate(resolve));
    expect(underWay).toBe(NAMES.length);
    expect(world.signed()).toBe(0);
    return verdict(question);
  };
  const { finalize } = await finalizeAfter(world, 8 * HOUR + 1);
  expect((await finalize()).status).toBe('valid');
  const asked = world.rechecked.map(({ identifier, wildcard, accountUrl }) => ({
    name: identifier.value,
    wildcard,
    accountUrl,
  }));
  expect(asked).toEqual([
    { name: 'one.example.com', wildcard: false, accountUrl: ACCOUNT_URL },
    { name: 'two.example.com', wildcard: true, accountUrl: ACCOUNT_URL },
    { name: 'three.example.com', wildcard: false, accountUrl: ACCOUNT_URL },
  ]);
  expect(new Set(world.rechecked.map(({ challengeType }) => challengeType))).toEqual(
    new Set(['http-01', 'dns-01']),
  );
});

test('asks about names whose validation did not come to CAA, however young it is', async () => {
  const world = await createWorld();
  world.levers.validate = async (question) => {
    const { passed, record } = verdict(question);
    return { passed, record: question.wildcard ? record : { ...record, steps: [] } };
  };
  const { finalize } = await finalizeAfter(world, 0);
  expect((await finalize()).status).toBe('valid');
  expect(world.rechecked.map(({ identifier }) => identifier.value)).toEqual([
    'one.example.com',
    'three.example.com',
  ]);
});

test('asks nothing where CAA is switched off, however old the checks are', async () => {
  const world = await createWorld({ config: { caaEnabled: false } });
  const { finalize } = await finalizeAfter(world, 9 * HOUR);
  expect((await finalize()).status).toBe('valid');
  expect(world.rechecked).toEqual([]);
});

test('asks about the stale ones alone', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const identifiers = dns('early.example.com', 'late.example.com');
  const { order } = await world.registration.newOrder(account, { identifiers });
  for (const [index, id] of order.authorizationIds.entries()) {
    world.levers.now = START + index * HOUR;
    const { challenges } = await world.registration.authorization(account, id);
    if (challenges[0] !== undefined) await world.registration.respondToChallenge(account, challenges[0].id);
    await world.registration.idle();
  }
  world.levers.now = START + 8 * HOUR + 1;
  await world.registration.finalize(account, order.id, await newCsr(identifiers));
  expect(world.rechecked.map(({ identifier }) => identifier.value)).toEqual(['early.example.com']);
});

test('asks nothing about addresses', async () => {
  const world = await createWorld();
  const { finalize } = await finalizeAfter(world, 9 * HOUR, [{ type: 'ip', value: '192.0.2.1' }]);
  expect((await finalize()).status).toBe('valid');
  expect(world.rechecked).toEqual([]);
});

test('one name that CAA forbids is a caa problem, and the order stays ready', async () => {
  const world = await createWorld();
  const { account, order, finalize } = await finalizeAfter(world, 9 * HOUR, dns('one.example.com'));
  world.levers.checkCaa = async (question) => verdict(question, forbids('one.example.com'));
  const refused = await refusalOf(finalize());
  expect(refused).toMatchObject({ code: 'caa', status: 403 });
  expect(refused.error.subproblems).toEqual([]);
  expect(refused.detail).toContain(
    'Rechecking CAA, because the last check is older than caa.recheckAfterSeconds',
  );
  expect(refused.detail).toContain('While processing CAA for one.example.com');
  expect(refused.detail).toContain('other.example');
  expect(world.signed()).toBe(0);
  expect(world.logged).toEqual(['issuance stopped by CAA']);
  expect((await world.registration.order(account, order.id)).status).toBe('ready');
  world.levers.checkCaa = async (question) => verdict(question);
  expect((await finalize()).status).toBe('valid');
});

test('several names that CAA forbids have a subproblem each', async () => {
  const world = await createWorld();
  const { finalize } = await finalizeAfter(world, 9 * HOUR);
  world.levers.checkCaa = async (question) =>
    question.identifier.value === 'one.example.com'
      ? verdict(question)
      : verdict(question, forbids(question.identifier.value));
  const { error, detail } = await refusalOf(finalize());
  expect(error.code).toBe('caa');
  expect(detail).toContain('*.two.example.com and 1 more of its names');
  expect(error.subproblems.map(({ code, identifier }) => [code, identifier])).toEqual([
    ['caa', { type: 'dns', value: '*.two.example.com' }],
    ['caa', { type: 'dns', value: 'three.example.com' }],
  ]);
  expect(error.subproblems[1]?.detail).toContain('While processing CAA for three.example.com');
});

test('a look-up that fails is a caa problem too, and a fault of ours is not', async () => {
  const world = await createWorld();
  const { finalize } = await finalizeAfter(world, 9 * HOUR, dns('one.example.com'));
  const lookup = { name: 'example.com', type: 'CAA', outcome: 'servfail', server: '192.0.2.53:53' } as const;
  world.levers.checkCaa = async (question) =>
    verdict(question, { class: 'caa-lookup', name: 'one.example.com', wildcard: false, lookup });
  const refused = await refusalOf(finalize());
  expect(refused).toMatchObject({ code: 'caa', status: 403 });
  expect(refused.detail).toContain('SERVFAIL looking up CAA for example.com at 192.0.2.53:53');
  expect(world.logged).toEqual(['issuance stopped by CAA']);
  world.levers.checkCaa = async (question) => verdict(question, { class: 'internal', detail: 'A fault.' });
  expect(await refusalOf(finalize())).toMatchObject({ code: 'serverInternal', status: 500 });
  // The validation authority has logged its fault, which says nothing about CAA.
  expect(world.logged).toEqual(['issuance stopped by CAA']);
});

const TEN = dns(...Array.from({ length: 10 }, (_, index) => `n${index}.example.com`));

test('asks about four names at a time', async () => {
  const world = await createWorld();
  let underWay = 0;
  const seen: number[] = [];
  world.levers.checkCaa = async (question) => {
    underWay += 1;
    seen.push(underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return verdict(question);
  };
  const { finalize } = await finalizeAfter(world, 9 * HOUR, TEN);
  expect((await finalize()).status).toBe('valid');
  expect(world.rechecked).toHaveLength(10);
  expect(Math.max(...seen)).toBe(4);
});

test('takes no further name after a look-up that failed, and issues nothing', async () => {
  const world = await createWorld();
  const { finalize } = await finalizeAfter(world, 9 * HOUR, TEN);
  const lookup = { name: 'example.com', type: 'CAA', outcome: 'timeout', server: '192.0.2.53:53' } as const;
  world.levers.checkCaa = async (question) =>
    verdict(question, { class: 'caa-lookup', name: question.identifier.value, wildcard: false, lookup });
  const { error, detail } = await refusalOf(finalize());
  expect(error.code).toBe('caa');
  expect(error.subproblems).toHaveLength(4);
  expect(detail).toContain('After that, 6 of its names were not asked about.');
  expect(world.rechecked).toHaveLength(4);
  expect(world.signed()).toBe(0);
});

describe('in the turn of the account', () => {
  /** Of two orders of one account, over a queue with room for so many; questions about CAA are answered when the test says so. */
  async function twoOrders(unfinishedPerOwner: number, timer: Timer = systemTimer) {
    const world = await createWorld();
    const limits = { atOnce: 1, atOncePerOwner: 1, unfinished: 9, unfinishedPerOwner };
    const errors: unknown[] = [];
    const tasks = createTaskQueue({ limits, timer, onError: (error) => errors.push(error) });
    const registration = world.again({ tasks });
    const account = await newTestAccount(world);
    const names = [dns('one.example.com'), dns('two.example.com')];
    const orders = await Promise.all(names.map((each) => newReadyOrder(world, account, each)));
    const csrs = await Promise.all(names.map((each) => newCsr(each)));
    world.levers.now = START + 9 * HOUR;
    const asked: { question: ValidationQuestion; answer: (failure?: ValidationFailure) => void }[] = [];
    const arrivals: (() => void)[] = [];
    world.levers.checkCaa = (question, signal) =>
      new Promise((resolve) => {
        const answer = (failure?: ValidationFailure) => resolve(verdict(question, failure));
        // As the validation authority does: look-ups end with the signal, and without an answer.
        signal?.addEventListener('abort', () => answer(forbids(question.identifier.value)));
        asked.push({ question, answer });
        arrivals.shift()?.();
      });
    const finalize = (index: number) => {
      const [order, csr] = [orders[index], csrs[index]];
      if (order === undefined || csr === undefined) throw new Error('There are two orders.');
      return registration.finalize(account, order.order.id, csr, ACCOUNT_URL);
    };
    const nextQuestion = () => new Promise<void>((resolve) => void arrivals.push(resolve));
    return { world, tasks, errors, account, orders, registration, asked, finalize, nextQuestion };
  }

  test('one finalize request waits for the other', async () => {
    const { world, asked, finalize, nextQuestion } = await twoOrders(2);
    const first = nextQuestion();
    const both = [finalize(0), finalize(1)];
    await first;
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked).toHaveLength(1);
    const second = nextQuestion();
    asked[0]?.answer();
    await second;
    asked[1]?.answer();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual(['valid', 'valid']);
    expect(world.signed()).toBe(2);
  });

  test('without a place it is refused with rateLimited, and the order stays ready', async () => {
    const { account, orders, registration, asked, finalize, nextQuestion } = await twoOrders(1);
    const first = nextQuestion();
    const one = finalize(0);
    await first;
    const refused = await refusalOf(finalize(1));
    expect(refused).toMatchObject({ code: 'rateLimited', status: 429, error: { retryAfterSeconds: 1 } });
    expect(refused.detail).toContain('The order is still ready: finalize it again when');
    for (const { order } of orders.slice(1))
      expect((await registration.order(account, order.id)).status).toBe('ready');
    asked[0]?.answer();
    await one;
    const second = nextQuestion();
    const two = finalize(1);
    await second;
    asked[1]?.answer();
    expect((await two).status).toBe('valid');
  });

  test('a stop that breaks it off, running or waiting, is an outage and no refusal by CAA', async () => {
    let fire = () => {};
    const timer: Timer = {
      now: () => 0,
      after: (_milliseconds, action) => {
        fire = action;
        return () => {};
      },
    };
    const { world, tasks, errors, finalize, nextQuestion } = await twoOrders(2, timer);
    const first = nextQuestion();
    const both = Promise.allSettled([finalize(0), finalize(1)]);
    await first;
    await new Promise((resolve) => setTimeout(resolve));
    const drained = tasks.drain(1000);
    fire();
    expect(await drained).toBe(2);
    for (const outcome of await both)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'OutageError', transient: true } });
    await expect(finalize(0)).rejects.toBeInstanceOf(OutageError);
    expect([world.logged, errors]).toEqual([[], []]);
    expect(world.signed()).toBe(0);
  });
});
