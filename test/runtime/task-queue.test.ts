import { expect, test } from 'vitest';
import type { TaskLimits } from '../../src/runtime/task-queue.ts';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

/** A queue whose owners may have as many tasks as all together, unless told otherwise. */
function queueOf(atOnce: number, timer: Timer = systemTimer, limits: Partial<TaskLimits> = {}) {
  const errors: unknown[] = [];
  const queue = createTaskQueue({
    limits: { atOnce, atOncePerOwner: atOnce, unfinished: 100, unfinishedPerOwner: 100, ...limits },
    timer,
    onError: (error) => errors.push(error),
  });
  return { queue, errors };
}

function manualTimer() {
  const actions = new Set<() => void>();
  const timer: Timer = {
    now: () => 0,
    after: (_milliseconds, action) => {
      actions.add(action);
      return () => actions.delete(action);
    },
  };
  return { timer, pending: actions, fire: () => actions.forEach((action) => void action()) };
}

function deferred<Value>() {
  let settle: ((value: Value) => void) | undefined;
  const promise = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value: Value) => settle?.(value) };
}

/** A task that ends when it is told to. */
function heldTask(started: string[], name: string) {
  const { promise, resolve } = deferred<void>();
  const task = async () => {
    started.push(name);
    await promise;
  };
  return { task, release: () => resolve(undefined) };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('starts no more tasks at once than its limit, and the others in the order in which they came', async () => {
  const { queue } = queueOf(2);
  const started: string[] = [];
  const held = ['a', 'b', 'c', 'd'].map((name) => heldTask(started, name));
  for (const { task } of held) expect(queue.run('a', task)).toBe(true);
  expect(started).toEqual(['a', 'b']);
  held[1]?.release();
  await settle();
  expect(started).toEqual(['a', 'b', 'c']);
  held[0]?.release();
  await settle();
  expect(started).toEqual(['a', 'b', 'c', 'd']);
  for (const { release } of held) release();
  await queue.idle();
});

test('is idle at once when it never had a task', async () => {
  await queueOf(1).queue.idle();
});

test('is idle only after waiting tasks have run too', async () => {
  const { queue } = queueOf(1);
  const done: number[] = [];
  for (const number of [1, 2, 3]) {
    queue.run('a', async () => {
      await settle();
      done.push(number);
    });
  }
  await queue.idle();
  expect(done).toEqual([1, 2, 3]);
});

test('waits for a task that a task started', async () => {
  const { queue } = queueOf(1);
  const done: string[] = [];
  queue.run('a', async () => {
    queue.run('a', async () => {
      await settle();
      done.push('inner');
    });
    done.push('outer');
  });
  await queue.idle();
  expect(done).toEqual(['outer', 'inner']);
});

test('reports a task that throws, and goes on with the next', async () => {
  const { queue, errors } = queueOf(1);
  const failure = new Error('broken');
  const done: string[] = [];
  queue.run('a', () => Promise.reject(failure));
  queue.run('a', () => {
    throw failure;
  });
  queue.run('a', async () => {
    done.push('next');
  });
  await queue.idle();
  expect(errors).toEqual([failure, failure]);
  expect(done).toEqual(['next']);
});

test('drains by letting the tasks finish, and then cancels its deadline', async () => {
  const { timer, pending } = manualTimer();
  const { queue } = queueOf(1, timer);
  const started: string[] = [];
  const held = heldTask(started, 'a');
  queue.run('a', held.task);
  const drained = queue.drain(1000);
  expect(pending.size).toBe(1);
  held.release();
  expect(await drained).toBe(0);
  expect(pending.size).toBe(0);
});

test('aborts what runs, drops what waits and takes nothing more at the deadline', async () => {
  const { timer, fire } = manualTimer();
  const { queue, errors } = queueOf(1, timer);
  const started: string[] = [];
  const aborted = deferred<unknown>();
  queue.run(
    'a',
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason);
          resolve();
        }),
      ),
  );
  queue.run('a', heldTask(started, 'waiting').task);
  const drained = queue.drain(1000);
  fire();
  expect(await drained).toBe(2);
  expect(await aborted.promise).toBeInstanceOf(Error);
  await queue.idle();
  expect(queue.run('a', heldTask(started, 'late').task)).toBe(false);
  expect(started).toEqual([]);
  expect(errors).toEqual([]);
});

test('tells of a task in a place that is dropped before its turn, or not taken at all', async () => {
  const { timer, fire } = manualTimer();
  const { queue } = queueOf(1, timer);
  const dropped: string[] = [];
  const place = (name: string) => {
    const reserved = queue.reserve('a');
    if (reserved.outcome === 'full') throw new Error('There is room.');
    return (task: () => Promise<void>) => reserved.run(task, () => dropped.push(name));
  };
  const { promise, resolve } = deferred<void>();
  const late = place('late');
  place('running')(() => promise);
  place('waiting')(async () => undefined);
  const drained = queue.drain(1000);
  fire();
  await drained;
  expect(dropped).toEqual([]);
  resolve();
  await queue.idle();
  expect(dropped).toEqual(['waiting']);
  expect(late(async () => undefined)).toBe(false);
  expect(dropped).toEqual(['waiting', 'late']);
});

test.each([0, -1, Number.NaN])('refuses %s as a limit', (limit) => {
  expect(() => queueOf(limit)).toThrow(RangeError);
  for (const name of ['atOncePerOwner', 'unfinished', 'unfinishedPerOwner'])
    expect(() => queueOf(1, systemTimer, { [name]: limit })).toThrow(RangeError);
});

test('takes owners in turn, so that the many tasks of one delay no other by more than one each', async () => {
  const { queue } = queueOf(1);
  const started: string[] = [];
  const run = (owner: string, name: string) =>
    queue.run(owner, async () => {
      started.push(name);
      await settle();
    });
  for (const name of ['a1', 'a2', 'a3', 'a4']) run('a', name);
  for (const name of ['b1', 'b2']) run('b', name);
  run('c', 'c1');
  await queue.idle();
  expect(started).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
});

test('runs no more tasks of one owner at once than it may, and those of others meanwhile', () => {
  const { queue } = queueOf(10, systemTimer, { atOncePerOwner: 2 });
  const started: string[] = [];
  for (let count = 0; count < 50; count += 1) queue.run('a', heldTask(started, 'a').task);
  queue.run('b', heldTask(started, 'b').task);
  expect(started).toEqual(['a', 'a', 'b']);
});

test('refuses a place beyond the unfinished tasks of an owner, or of all, and says which', async () => {
  const { queue } = queueOf(1, systemTimer, { unfinished: 3, unfinishedPerOwner: 2 });
  const started: string[] = [];
  const held = heldTask(started, 'a');
  queue.run('a', held.task);
  const place = queue.reserve('a');
  expect(place).toMatchObject({ outcome: 'reserved' });
  expect(queue.reserve('a')).toEqual({ outcome: 'full', limit: 'unfinishedPerOwner', allowed: 2 });
  expect(queue.reserve('b')).toMatchObject({ outcome: 'reserved' });
  expect(queue.reserve('c')).toEqual({ outcome: 'full', limit: 'unfinished', allowed: 3 });
  if (place.outcome === 'reserved') place.giveUp();
  if (place.outcome === 'reserved') place.giveUp();
  expect(queue.reserve('c')).toMatchObject({ outcome: 'reserved' });
  expect(queue.reserve('d')).toMatchObject({ outcome: 'full' });
  held.release();
  await queue.idle();
  expect(queue.reserve('d')).toMatchObject({ outcome: 'reserved' });
});

test('owners who take all places that they can get leave some for whoever comes later', () => {
  const { queue } = queueOf(1, systemTimer, { unfinished: 1000, unfinishedPerOwner: 200 });
  const takeAll = (owner: string): readonly (() => void)[] => {
    const taken: (() => void)[] = [];
    for (;;) {
      const place = queue.reserve(owner);
      if (place.outcome === 'full') return taken;
      taken.push(() => place.giveUp());
    }
  };
  // The first few are held by their own limit alone, and all others by what is free.
  const taken = Array.from({ length: 8 }, (_, index) => takeAll(`hog ${index}`));
  expect(taken.map(({ length }) => length)).toEqual([200, 200, 200, 200, 100, 50, 25, 13]);
  // What becomes free is not theirs who have more than that.
  for (const giveUp of taken[0]?.slice(0, 10) ?? []) giveUp();
  expect(queue.reserve('hog 0')).toEqual({ outcome: 'full', limit: 'unfinished', allowed: 1000 });
  expect(takeAll('a client')).toHaveLength(11);
});

test('a place that was used is free when its task has ended, and not when it is given up as well', async () => {
  const { queue } = queueOf(1, systemTimer, { unfinished: 1 });
  const held = heldTask([], 'a');
  const place = queue.reserve('a');
  if (place.outcome !== 'reserved') throw new Error('The queue is empty.');
  expect(place.run(held.task)).toBe(true);
  place.giveUp();
  expect(queue.reserve('b')).toMatchObject({ outcome: 'full' });
  held.release();
  await queue.idle();
  expect(queue.reserve('b')).toMatchObject({ outcome: 'reserved' });
});

test('takes a task without a place however many are unfinished', async () => {
  const { queue } = queueOf(1, systemTimer, { unfinished: 1 });
  const done: number[] = [];
  for (let count = 0; count < 5; count += 1)
    expect(
      queue.run('a', async () => {
        done.push(count);
      }),
    ).toBe(true);
  await queue.idle();
  expect(done).toEqual([0, 1, 2, 3, 4]);
});
