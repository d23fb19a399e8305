import { expect, test } from 'vitest';
import { createTaskQueue } from '../../src/runtime/task-queue.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

function queueOf(concurrency: number, timer: Timer = systemTimer) {
  const errors: unknown[] = [];
  const queue = createTaskQueue({ concurrency, timer, onError: (error) => errors.push(error) });
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
  for (const { task } of held) expect(queue.run(task)).toBe(true);
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
    queue.run(async () => {
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
  queue.run(async () => {
    queue.run(async () => {
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
  queue.run(() => Promise.reject(failure));
  queue.run(() => {
    throw failure;
  });
  queue.run(async () => {
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
  queue.run(held.task);
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
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason);
          resolve();
        }),
      ),
  );
  queue.run(heldTask(started, 'waiting').task);
  const drained = queue.drain(1000);
  fire();
  expect(await drained).toBe(2);
  expect(await aborted.promise).toBeInstanceOf(Error);
  await queue.idle();
  expect(queue.run(heldTask(started, 'late').task)).toBe(false);
  expect(started).toEqual([]);
  expect(errors).toEqual([]);
});

test.each([0, 1.5, Number.NaN])('refuses %s as its limit', (concurrency) => {
  expect(() => queueOf(concurrency)).toThrow(RangeError);
});
