import type { Timer } from '../runtime/timer.ts';
import type { DnsQuestion } from './dns-message.ts';
import type { ExchangeResult } from './exchange.ts';
import type { UdpSockets } from './udp-sockets.ts';

/** Asks once over UDP. `budgetMs` is how long it waits. Never rejects. */
export function askOverUdp(
  sockets: UdpSockets,
  timer: Timer,
  question: DnsQuestion,
  budgetMs: number,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  if (signal.aborted) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    const finish = (result: ExchangeResult) => {
      cancelTimeout();
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const giveUp = (result: ExchangeResult) => {
      forget();
      finish(result);
    };
    const onAbort = () => giveUp({ kind: 'aborted' });
    const cancelTimeout = timer.after(budgetMs, () => giveUp({ kind: 'timeout' }));
    signal.addEventListener('abort', onAbort, { once: true });
    const forget = sockets.send(question, finish);
  });
}
