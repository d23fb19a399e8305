import type { Timer } from './timer.ts';

/** Work that goes on after its request was answered. It should end soon after `signal` aborts. */
export type Task = (signal: AbortSignal) => Promise<void>;

export interface TaskQueueOptions {
  /** How many tasks may run at once; the others wait in the order in which they came. */
  readonly concurrency: number;
  readonly timer: Timer;
  /** Told of a task that threw. A task should see to its own failures, so this is always a bug or a fault of ours. */
  readonly onError: (error: unknown) => void;
}

/** Tracked tasks: nothing runs on unseen when the program stops, and tests can wait without sleeping. */
export interface TaskQueue {
  /** Starts the task, or lets it wait its turn. After the deadline of `drain` it is dropped; the answer says whether it was taken. */
  run(task: Task): boolean;
  /** Resolves when no task is running or waiting. */
  idle(): Promise<void>;
  /**
   * For shutdown: resolves when no task is left, or after `deadlineMs` milliseconds. At the deadline the running tasks'
   * signal aborts, those that wait are dropped, and no further one is taken. Answers how many were left unfinished.
   */
  drain(deadlineMs: number): Promise<number>;
}

/** Makes an empty queue. Throws a RangeError unless the concurrency is a whole number of at least 1. */
export function createTaskQueue(options: TaskQueueOptions): TaskQueue {
  const { concurrency, timer } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `The number of tasks at once must be a whole number of at least 1, not ${concurrency}.`,
    );
  }
  const abort = new AbortController();
  const line = createLine(options, abort.signal);
  return {
    run(task) {
      if (abort.signal.aborted) return false;
      line.add(task);
      return true;
    },
    idle: line.idle,
    drain(deadlineMs) {
      return new Promise((resolve) => {
        const cancel = timer.after(deadlineMs, () => {
          const unfinished = line.dropWaiting();
          abort.abort(new Error('The server is stopping, and its time for unfinished work is over.'));
          resolve(unfinished);
        });
        void line.idle().then(() => {
          cancel();
          resolve(0);
        });
      });
    },
  };
}

/** The tasks that run and those that wait behind them, first come first served. */
function createLine({ concurrency, onError }: TaskQueueOptions, signal: AbortSignal) {
  const waiting: Task[] = [];
  const idleListeners = new Set<() => void>();
  let running = 0;

  const isIdle = () => running === 0 && waiting.length === 0;

  async function perform(task: Task): Promise<void> {
    try {
      await task(signal);
    } catch (error) {
      onError(error);
    } finally {
      running -= 1;
      startWaiting();
    }
  }

  function startWaiting(): void {
    while (running < concurrency) {
      const task = waiting.shift();
      if (task === undefined) break;
      running += 1;
      void perform(task);
    }
    if (!isIdle()) return;
    for (const listener of idleListeners) listener();
    idleListeners.clear();
  }

  return {
    add(task: Task): void {
      waiting.push(task);
      startWaiting();
    },
    idle(): Promise<void> {
      return isIdle() ? Promise.resolve() : new Promise((resolve) => idleListeners.add(resolve));
    },
    /** Forgets the tasks that wait. Answers how many were left unfinished, running ones included. */
    dropWaiting(): number {
      const unfinished = running + waiting.length;
      waiting.length = 0;
      return unfinished;
    },
  };
}
