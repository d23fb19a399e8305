import type { FairGate, Release } from './fair-gate.ts';
import { createFairGate } from './fair-gate.ts';
import { createSharedAbort } from './shared-abort.ts';
import type { Timer } from './timer.ts';

/** Work that goes on after its request was answered. It should end soon after `signal` aborts. */
export type Task = (signal: AbortSignal) => Promise<void>;

/** Whose task it is, and takes its turn. */
export type TaskOwner = string | number;

export interface TaskLimits {
  /** How many tasks may run at once; the others wait in turn by owner. */
  readonly atOnce: number;
  /** Of these, for one owner. */
  readonly atOncePerOwner: number;
  /** How many may be unfinished, running or waiting; beyond it places are refused. */
  readonly unfinished: number;
  /** Of these, for one owner; less where as few are free, so that some stay free for others. */
  readonly unfinishedPerOwner: number;
}

export interface TaskQueueOptions {
  readonly limits: TaskLimits;
  readonly timer: Timer;
  /** Told of a task that threw. A task should see to its own failures, so this is always a bug or a fault of ours. */
  readonly onError: (error: unknown) => void;
}

/** A place in the queue, taken before there is a task for it. To be used or given up. */
export interface TaskPlace {
  readonly outcome: 'reserved';
  /** As `run` of the queue, once. `onDropped` is called in place of a task that is not taken, or that is dropped before its turn. */
  run(task: Task, onDropped?: () => void): boolean;
  /** Does nothing after `run`. */
  giveUp(): void;
}

/** Which limit is reached, and how many it allows: that of all also when the owner has as many as are free. */
export interface NoTaskPlace {
  readonly outcome: 'full';
  readonly limit: 'unfinished' | 'unfinishedPerOwner';
  readonly allowed: number;
}

/**
 * Tracked tasks, which run in turn by owner: nothing runs on unseen when the program stops, and tests can wait without
 * sleeping.
 */
export interface TaskQueue {
  /**
   * Starts the task, or lets it wait its turn, whatever the limits of unfinished ones. After the deadline of `drain` it is
   * dropped; the answer says whether it was taken.
   */
  run(owner: TaskOwner, task: Task): boolean;
  /**
   * Takes a place, unless the owner has as many unfinished tasks as it may, or as are free for everybody. However much each of
   * n owners asks for, about an (n + 1)th of all places stays free. Of racing calls none gets one too many.
   */
  reserve(owner: TaskOwner): TaskPlace | NoTaskPlace;
  /** Resolves when no task is running or waiting. */
  idle(): Promise<void>;
  /**
   * For shutdown: resolves when no task is left, or after `deadlineMs` milliseconds. At the deadline the running tasks'
   * signal aborts, those that wait are dropped, and no further one is taken. Answers how many were left unfinished.
   */
  drain(deadlineMs: number): Promise<number>;
}

/** A task in its place. */
interface Entry {
  readonly task: Task;
  readonly giveUpPlace: () => void;
  readonly onDropped?: () => void;
}

/** Makes an empty queue. Throws a RangeError unless each limit is at least 1. */
export function createTaskQueue({ limits, timer, onError }: TaskQueueOptions): TaskQueue {
  const gate = createFairGate({ total: limits.atOnce, perOwner: limits.atOncePerOwner });
  const places = countPlaces(limits);
  const work = createWork(onError);
  const idleness = watchIdleness(gate);

  async function perform(entry: Entry, release: Release): Promise<void> {
    const { task, giveUpPlace, onDropped } = entry;
    try {
      await work.perform(task, onDropped);
    } finally {
      giveUpPlace();
      release();
      idleness.look();
    }
  }

  function start(owner: TaskOwner, entry: Entry): boolean {
    if (work.isStopped()) {
      entry.giveUpPlace();
      entry.onDropped?.();
      return false;
    }
    gate.enter({ owner }, (release) => void perform(entry, release));
    return true;
  }

  return {
    run: (owner, task) => start(owner, { task, giveUpPlace: places.take(owner) }),
    reserve(owner) {
      const obstacle = places.obstacleTo(owner);
      if (obstacle !== undefined) return obstacle;
      const giveUp = places.take(owner);
      let used = false;
      return {
        outcome: 'reserved',
        run: (task, onDropped) => {
          used = true;
          return start(owner, {
            task,
            giveUpPlace: giveUp,
            ...(onDropped === undefined ? {} : { onDropped }),
          });
        },
        giveUp: () => {
          if (!used) giveUp();
        },
      };
    },
    idle: idleness.wait,
    async drain(deadlineMs) {
      if (await isOverWithin(idleness.wait(), deadlineMs, timer)) return 0;
      const { inside, waiting } = gate.counts();
      work.stop();
      return inside + waiting;
    },
  };
}

/** Resolves with whether the work ended before the deadline (milliseconds). */
function isOverWithin(work: Promise<void>, deadlineMs: number, timer: Timer): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = timer.after(deadlineMs, () => resolve(false));
    void work.then(() => {
      cancel();
      resolve(true);
    });
  });
}

/** The tasks that run. */
function createWork(onError: TaskQueueOptions['onError']) {
  // One for each task: a thousand listeners on a signal of them all would cost a search through them for each that goes.
  const running = new Set<AbortController>();
  let stopped = false;
  return {
    /** Never rejects. A task whose turn comes after `stop` was dropped there. */
    async perform(task: Task, onDropped: (() => void) | undefined): Promise<void> {
      if (stopped) {
        onDropped?.();
        return;
      }
      const controller = createSharedAbort();
      running.add(controller);
      try {
        await task(controller.signal);
      } catch (error) {
        onError(error);
      } finally {
        running.delete(controller);
      }
    },
    isStopped: () => stopped,
    stop(): void {
      stopped = true;
      const reason = new Error('The server is stopping, and its time for unfinished work is over.');
      for (const controller of running) controller.abort(reason);
    },
  };
}

/** Counts the places that are taken, in all and by owner. */
function countPlaces({ unfinished, unfinishedPerOwner }: TaskLimits) {
  if (!(unfinished >= 1 && unfinishedPerOwner >= 1))
    throw new RangeError('The numbers of unfinished tasks that are allowed must be at least 1.');
  const byOwner = new Map<TaskOwner, number>();
  let inAll = 0;
  return {
    obstacleTo(owner: TaskOwner): NoTaskPlace | undefined {
      const own = byOwner.get(owner) ?? 0;
      if (own >= unfinishedPerOwner)
        return { outcome: 'full', limit: 'unfinishedPerOwner', allowed: unfinishedPerOwner };
      // First come first served would let a few owners hold all places, and take each that becomes free.
      return own < unfinished - inAll
        ? undefined
        : { outcome: 'full', limit: 'unfinished', allowed: unfinished };
    },
    /** Takes one; the returned function gives it up, once. */
    take(owner: TaskOwner): () => void {
      inAll += 1;
      byOwner.set(owner, (byOwner.get(owner) ?? 0) + 1);
      let taken = true;
      return () => {
        if (!taken) return;
        taken = false;
        inAll -= 1;
        const left = (byOwner.get(owner) ?? 1) - 1;
        if (left === 0) byOwner.delete(owner);
        else byOwner.set(owner, left);
      };
    },
  };
}

function watchIdleness(gate: FairGate) {
  const listeners = new Set<() => void>();
  const isIdle = (): boolean => {
    const { inside, waiting } = gate.counts();
    return inside === 0 && waiting === 0;
  };
  return {
    wait: (): Promise<void> =>
      isIdle() ? Promise.resolve() : new Promise((resolve) => listeners.add(resolve)),
    /** To be called after each task. */
    look(): void {
      if (!isIdle()) return;
      for (const listener of listeners) listener();
      listeners.clear();
    },
  };
}
