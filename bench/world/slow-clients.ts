import { Worker } from 'node:worker_threads';
import type { BenchServer } from '../servers/bench-server.ts';
import type { SlowClientsCount, SlowClientsData } from './slow-clients-thread.ts';

export interface SlowClients {
  /** How often the server has closed one so far. */
  closed(): number;
  /** Resolves when the server has closed the first. */
  firstClosed(): Promise<void>;
  close(): Promise<void>;
}

/** Keeps so many connections to the server that send a byte a second. Resolves when all of them stand. */
export async function startSlowClients(
  thread: string,
  server: BenchServer,
  count: number,
): Promise<SlowClients> {
  const data: SlowClientsData = {
    port: Number(new URL(server.directoryUrl).port),
    ca: server.apiCaPem,
    count,
  };
  const worker = new Worker(thread, { workerData: data });
  let closed = 0;
  let tellFirstClosed = (): void => undefined;
  const firstClosed = new Promise<void>((resolve) => {
    tellFirstClosed = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (now: SlowClientsCount) => {
      closed = now.closed;
      if (closed > 0) tellFirstClosed();
      if (now.standing >= count) resolve();
    });
  });
  return {
    closed: () => closed,
    firstClosed: () => firstClosed,
    close: async () => void (await worker.terminate()),
  };
}
