// Addresses at which a connection neither comes about nor fails: this thread listens with the shortest queue and then never
// runs again. Once each queue is full, the kernel drops what is sent there.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { addresses, port }: { readonly addresses: readonly string[]; readonly port: number } = workerData;
for (const host of addresses) await once(createServer().listen({ host, port, backlog: 1 }), 'listening');
parentPort?.postMessage('listening');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
