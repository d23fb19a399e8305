import { startDnsServer } from './dns-server.ts';
import type { BenchResponder } from './responder.ts';
import { startResponder } from './responder.ts';

/** What the servers look up and dial: the same, in this process, for all of them. */
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

export async function startWorld(): Promise<BenchWorld> {
  const dns = await startDnsServer();
  const responder = await startResponder();
  return {
    dnsAddress: dns.address,
    httpPort: responder.port,
    responder,
    async close() {
      await Promise.all([dns.close(), responder.close()]);
    },
  };
}
