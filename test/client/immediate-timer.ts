import type { Timer } from '../../src/runtime/timer.ts';

/** Short waits are over at once, and are written down; deadlines (from `longMs` milliseconds) never come. */
export function immediateTimer(longMs = 20_000): Timer & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    now: () => now,
    after(milliseconds, action) {
      if (milliseconds >= longMs) return () => undefined;
      waits.push(milliseconds);
      now += milliseconds;
      const handle = setImmediate(action);
      return () => clearImmediate(handle);
    },
  };
}
