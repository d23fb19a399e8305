/** Monotonic time, for deadlines, budgets and durations. Only unit tests replace it. */
export interface Timer {
  /** Milliseconds from an arbitrary start; never goes back. */
  now(): number;
  /** Runs `action` once after `milliseconds`; the returned function cancels it. Does not keep the process alive. */
  after(milliseconds: number, action: () => void): () => void;
}

/** The monotonic clock of the process. */
export const systemTimer: Timer = {
  now: () => performance.now(),
  after: (milliseconds, action) => {
    const handle = setTimeout(action, milliseconds);
    handle.unref();
    return () => clearTimeout(handle);
  },
};
