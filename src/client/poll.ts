import type { Timer } from '../runtime/timer.ts';
import { UnexpectedAnswerError } from './client-error.ts';

export interface Polled<Value> {
  readonly value: Value;
  /** Milliseconds that the server asked us to wait. */
  readonly retryAfterMs?: number | undefined;
}

export interface PollOptions {
  readonly timer: Timer;
  /** Milliseconds for all of it. */
  readonly totalMs: number;
  /** Milliseconds before the first question: what is decided in this time needs only one. */
  readonly headStartMs?: number;
  /** What is awaited, for the message when it does not come. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** A server may ask for more patience than this, but not get it at once. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * Asks until `isFinal`, waiting as long as the server's Retry-After says (RFC 8555 section 7.5.1), else from 0.1 s up
 * to 5 s. Throws UnexpectedAnswerError when the total is over, and the signal's reason when it aborts.
 */
export async function poll<Value>(
  ask: () => Promise<Polled<Value>>,
  isFinal: (value: Value) => boolean,
  options: PollOptions,
): Promise<Value> {
  const end = options.timer.now() + options.totalMs;
  let ownWaitMs = FIRST_WAIT_MS;
  if (options.headStartMs !== undefined) await pause(options.headStartMs, options.timer, options.signal);
  for (;;) {
    const { value, retryAfterMs } = await ask();
    if (isFinal(value)) return value;
    const waitMs = Math.min(retryAfterMs ?? ownWaitMs, LONGEST_RETRY_AFTER_MS);
    ownWaitMs = Math.min(ownWaitMs * 1.5, LONGEST_WAIT_MS);
    if (options.timer.now() + waitMs > end)
      throw new UnexpectedAnswerError(
        `${options.what} was not decided within ${options.totalMs / 1000} s; the server may be overloaded, or not be validating at all.`,
      );
    await pause(waitMs, options.timer, options.signal);
  }
}

/**
 * Retry-After in milliseconds (RFC 9110 section 10.2.3): seconds, or a date, which is counted from the answer's own
 * Date, so that the two calendars need not agree. Undefined when absent or unreadable.
 */
export function retryAfterMs(retryAfter: string | undefined, date: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const difference = Date.parse(retryAfter) - Date.parse(date ?? '');
  return Number.isNaN(difference) ? undefined : Math.max(0, difference);
}

function pause(milliseconds: number, timer: Timer, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = timer.after(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
