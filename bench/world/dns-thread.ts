// The DNS server in a thread of its own: a busy generator would let the socket's buffer overflow, and a resolver that does
// not ask twice would then fail the order.
import { parentPort } from 'node:worker_threads';
import { startDnsServer } from './dns-server.ts';

parentPort?.postMessage(await startDnsServer());
