import { pause } from './pause.ts';
import type { Timer } from './timer.ts';

export interface Repetition {
  /** From the end of one run to the beginning of the next, and before the first. Milliseconds. */
  readonly intervalMs: number;
  readonly timer: Timer;
  /** Should end soon after the signal aborts. */
  readonly action: (signal: AbortSignal) => Promise<void>;
  /** Told of a run that failed; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}

/**
 * Runs an action again and again, never two at once. The returned function ends that: it aborts the run under way and
 * resolves when it is over.
 */
export function repeat({ intervalMs, timer, action, onError }: Repetition): () => Promise<void> {
  const abort = new AbortController();
  async function run(): Promise<void> {
    while (await pause(timer, intervalMs, abort.signal)) {
      try {
        await action(abort.signal);
      } catch (error) {
        onError(error);
      }
    }
  }
  const ended = run();
  return () => {
    abort.abort(new Error('The server is stopping.'));
    return ended;
  };
}
