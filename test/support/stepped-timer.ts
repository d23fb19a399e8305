import type { Timer } from '../../src/runtime/timer.ts';

export interface SteppedTimer extends Timer {
  pass(milliseconds: number): void;
}

/** A timer whose time passes when a test says so. */
export function steppedTimer(): SteppedTimer {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly action: () => void }>();
  return {
    now: () => now,
    after: (milliseconds, action) => {
      const entry = { at: now + milliseconds, action };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    pass: (milliseconds) => {
      now += milliseconds;
      for (const entry of [...waiting].filter(({ at }) => at <= now)) {
        waiting.delete(entry);
        entry.action();
      }
    },
  };
}
