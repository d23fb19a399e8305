import { OutageError } from '../protocol/outage-error.ts';
import { pause } from '../runtime/pause.ts';
import type { Timer } from '../runtime/timer.ts';

/** Milliseconds between tries; after the last one LONGEST_PAUSE_MS, again and again. A full disk waits for somebody to make room. */
const PAUSES_MS = [1_000, 5_000, 15_000] as const;
const LONGEST_PAUSE_MS = 60_000;

/** As many tries as PAUSES_MS has pauses between them. */
export const FEW_TRIES = PAUSES_MS.length + 1;

/**
 * Does what needs the store, and again while it is out, at most `tries` times. `onPause` is told before each wait, with its
 * milliseconds. Resolves with undefined when `signal` aborted first. Rejects with what is no outage, or with the last outage.
 */
export async function throughOutage<Outcome>(
  attempt: () => Promise<Outcome>,
  options: {
    readonly timer: Timer;
    readonly signal: AbortSignal;
    readonly tries: number;
    readonly onPause?: (error: OutageError, pauseMs: number, tries: number) => void;
  },
): Promise<Outcome | undefined> {
  const { timer, signal } = options;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof OutageError) || tries >= options.tries) throw error;
      const pauseMs = PAUSES_MS[tries - 1] ?? LONGEST_PAUSE_MS;
      options.onPause?.(error, pauseMs, tries);
      if (!(await pause(timer, pauseMs, signal))) return undefined;
    }
  }
}
