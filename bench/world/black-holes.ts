import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

export interface BlackHoles {
  readonly addresses: readonly string[];
  close(): Promise<void>;
}

/** A queue of 1 holds two connections; the kernel drops every SYN after that. */
const QUEUE_FILLERS = 2;

/** Makes so many loopback addresses whose port takes packets and never answers. Takes the thread's file as bundled. Linux only. */
export async function startBlackHoles(thread: string, count: number, port: number): Promise<BlackHoles> {
  const addresses = Array.from({ length: count }, (_, index) => `127.0.1.${index + 1}`);
  const worker = new Worker(thread, { workerData: { addresses, port } });
  await once(worker, 'message');
  const fillers: Socket[] = [];
  for (const host of addresses)
    for (let filler = 0; filler < QUEUE_FILLERS; filler += 1) {
      const socket = connect({ host, port });
      socket.on('error', () => undefined);
      fillers.push(socket);
      await once(socket, 'connect');
    }
  return {
    addresses,
    async close() {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}
