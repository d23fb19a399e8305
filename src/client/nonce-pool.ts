import type { IncomingHttpHeaders } from 'node:http';

/** Nonces that came with answers and were not spent yet: RFC 8555 section 6.5. */
export interface NoncePool {
  /** A nonce of the pool, the newest first, or one asked for. */
  take(): Promise<string>;
  /** Keeps the nonce of an answer, if it has one. */
  keep(headers: IncomingHttpHeaders): void;
}

/** Old nonces are the first to become stale, so no more than these are kept. */
const MAX_NONCES = 64;

/** An empty pool; `askForNonce` asks the server's newNonce (RFC 8555 section 7.2) and answers the nonce. */
export function createNoncePool(askForNonce: () => Promise<string>): NoncePool {
  const nonces: string[] = [];
  return {
    take: async () => nonces.pop() ?? (await askForNonce()),
    keep(headers) {
      const nonce = nonceOf(headers);
      if (nonce === undefined) return;
      nonces.push(nonce);
      if (nonces.length > MAX_NONCES) nonces.shift();
    },
  };
}

/** The Replay-Nonce of an answer. */
export function nonceOf(headers: IncomingHttpHeaders): string | undefined {
  const nonce = headers['replay-nonce'];
  return typeof nonce === 'string' && nonce !== '' ? nonce : undefined;
}
