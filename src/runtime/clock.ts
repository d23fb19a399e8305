/** The CA's calendar. A lab may freeze, set and speed it; deadlines never use it (see Timer). */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** The clock of the operating system. */
export const systemClock: Clock = { now: () => Date.now() };
