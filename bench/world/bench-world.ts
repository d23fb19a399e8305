import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BenchResponder } from './responder.ts';
import { startResponder } from './responder.ts';

/** What the servers look up and dial: the same, in this process, for all of them. The DNS server has a thread of its own. */
export interface BenchWorld {
  /** `127.0.0.1:PORT` of the DNS server. */
  readonly dnsAddress: string;
  /** The port that http-01 is answered on. */
  readonly httpPort: number;
  readonly responder: BenchResponder;
  close(): Promise<void>;
}

/** Names below this one have the address 127.0.0.1. */
export const BENCH_DOMAIN = 'bench.test';

/** Takes the file of `dns-thread.ts` as bundled. */
export async function startWorld(dnsThread: string): Promise<BenchWorld> {
  const dns = new Worker(dnsThread);
  const [dnsAddress]: string[] = await once(dns, 'message');
  if (dnsAddress === undefined) throw new Error('unreachable: the thread posts its address');
  const responder = await startResponder();
  return {
    dnsAddress,
    httpPort: responder.port,
    responder,
    async close() {
      await Promise.all([dns.terminate(), responder.close()]);
    },
  };
}
