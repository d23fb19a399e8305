import { expect, test } from 'vitest';
import { repeat } from '../../src/runtime/repeat.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

/** A timer that goes off when the test says. */
function manualTimer() {
  const set: { readonly milliseconds: number; readonly action: () => void }[] = [];
  const timer: Timer = {
    ...systemTimer,
    after: (milliseconds, action) => {
      const entry = { milliseconds, action };
      set.push(entry);
      return () => void set.splice(set.indexOf(entry), 1);
    },
  };
  const goOff = async (): Promise<void> => {
    for (const { action } of set.splice(0)) action();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { timer, set, goOff };
}

test('runs after each interval, counted from the end of the run before, also after one that failed', async () => {
  const { timer, set, goOff } = manualTimer();
  const ends: (() => void)[] = [];
  const errors: unknown[] = [];
  let runs = 0;
  const end = repeat({
    intervalMs: 500,
    timer,
    action: () => {
      runs += 1;
      if (runs === 2) return Promise.reject(new Error('once'));
      return new Promise((resolve) => ends.push(resolve));
    },
    onError: (error) => errors.push(error),
  });
  expect([runs, set.map(({ milliseconds }) => milliseconds)]).toEqual([0, [500]]);
  await goOff();
  expect([runs, set.length]).toEqual([1, 0]);
  ends.shift()?.();
  await goOff();
  await goOff();
  expect([runs, errors.map(String)]).toEqual([2, ['Error: once']]);
  await goOff();
  expect(runs).toBe(3);
  ends.shift()?.();
  await end();
});

test('ending aborts the run under way and waits for it; none follows', async () => {
  const { timer, set, goOff } = manualTimer();
  const order: string[] = [];
  const end = repeat({
    intervalMs: 1,
    timer,
    action: async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise((resolve) => setImmediate(resolve));
      order.push('run over');
    },
    onError: () => undefined,
  });
  await goOff();
  await end();
  order.push('ended');
  await goOff();
  expect([order, set.length]).toEqual([['run over', 'ended'], 0]);
});

test('ending between two runs cancels the next', async () => {
  const { timer, set } = manualTimer();
  const end = repeat({
    intervalMs: 1,
    timer,
    action: () => Promise.reject(new Error('must not run')),
    onError: (error) => {
      throw error;
    },
  });
  await end();
  expect(set).toEqual([]);
});
