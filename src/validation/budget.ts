import { createSharedAbort } from '../runtime/shared-abort.ts';
import type { Timer } from '../runtime/timer.ts';

/** A span of time that something may take, within a longer one that may end first. */
export interface Budget {
  /** Aborts when the time is up or the outer signal aborts. */
  readonly signal: AbortSignal;
  /** Whether it was its own time that was up, and not the outer signal's. */
  expired(): boolean;
  /** Lets the time stand still until the returned function is called; not twice at once. */
  pause(): () => void;
  /** To be called when the work is done: releases the timer and the outer signal. */
  release(): void;
}

/** Starts a budget of `milliseconds` now. */
export function startBudget(timer: Timer, milliseconds: number, outer?: AbortSignal): Budget {
  const controller = createSharedAbort();
  let expired = false;
  let released = false;
  let leftMs = milliseconds;
  let cancel = () => {};
  const run = (): number => {
    cancel = timer.after(leftMs, () => {
      expired = !controller.signal.aborted;
      controller.abort();
    });
    return timer.now();
  };
  let runningSince = run();
  const onOuterAbort = () => controller.abort();
  if (outer?.aborted) controller.abort();
  outer?.addEventListener('abort', onOuterAbort, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    pause: () => {
      cancel();
      leftMs = Math.max(0, leftMs - (timer.now() - runningSince));
      return () => {
        if (!released) runningSince = run();
      };
    },
    release: () => {
      released = true;
      cancel();
      outer?.removeEventListener('abort', onOuterAbort);
    },
  };
}
