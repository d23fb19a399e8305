import type { LoopDelay } from '../measure/loop-delay.ts';

/** A server under measurement, in a process of its own. */
export interface BenchServer {
  readonly name: string;
  readonly pid: number;
  /** On 127.0.0.1, so that no look-up and no race between address families is part of a request. */
  readonly directoryUrl: string;
  /** The trust anchor of the API's HTTPS. */
  readonly apiCaPem: string;
  /** The delays of its event loop since the last call; absent where the program has no probe. */
  readonly takeLoopDelay?: () => Promise<LoopDelay>;
  /** True: the load does not keep kinds of requests apart (order-gate.ts). */
  readonly ungated?: boolean;
  /** Asks it to end, waits until it has, and removes its files. Further calls wait for the same end. */
  stop(): Promise<void>;
}
