/** What has been started, and how each is ended: in reverse. */
export interface LifeCycle {
  /** Registers how the thing just started is ended. */
  onStop(end: () => void | Promise<void>): void;
  /** Ends everything once, last started first; calling again waits for the same end. Throws the first failure, after all were ended. */
  stop(): Promise<void>;
}

/** A life cycle in which nothing has been started. */
export function createLifeCycle(): LifeCycle {
  const ends: (() => void | Promise<void>)[] = [];
  let stopped: Promise<void> | undefined;
  async function endAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
  return {
    onStop: (end) => void ends.push(end),
    stop: () => {
      stopped ??= endAll();
      return stopped;
    },
  };
}
