import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SlowDripsData } from './slow-drips-thread.ts';

export interface SlowDrips {
  readonly addresses: readonly string[];
  /** Resolves when so many validations hang on them. */
  stand(count: number): Promise<void>;
  /** The number that hung there each time it was looked, ten times a second, since it was last asked. */
  takeCounts(): readonly number[];
  close(): Promise<void>;
}

/** Makes so many loopback addresses that answer without end. Takes the thread's file as bundled. Linux only. */
export async function startSlowDrips(thread: string, count: number, port: number): Promise<SlowDrips> {
  const addresses = Array.from({ length: count }, (_, index) => `127.0.2.${index + 1}`);
  const worker = new Worker(thread, { workerData: { addresses, port } satisfies SlowDripsData });
  let counts: number[] = [];
  worker.on('message', (standing: number) => void counts.push(standing));
  await once(worker, 'message');
  return {
    addresses,
    stand: async (wanted) => {
      while ((counts.at(-1) ?? 0) < wanted) await once(worker, 'message');
    },
    takeCounts: () => {
      const taken = counts;
      counts = [];
      return taken;
    },
    close: async () => void (await worker.terminate()),
  };
}
