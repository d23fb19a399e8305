import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers http-01 (RFC 8555 section 8.3) for the tokens that it was given, and tells when it was asked. */
export interface BenchResponder {
  readonly port: number;
  serve(token: string, keyAuthorization: string): void;
  /** How often the token was asked for. */
  askedFor(token: string): number;
  /** Resolves at the first request for the token, or after the milliseconds. */
  firstRequest(token: string, atMostMs: number): Promise<void>;
  forget(token: string): void;
  close(): Promise<void>;
}

interface Served {
  readonly keyAuthorization: string;
  requests: number;
  notify?: () => void;
}

const PREFIX = '/.well-known/acme-challenge/';

export async function startResponder(): Promise<BenchResponder> {
  const tokens = new Map<string, Served>();
  const server = createServer({ keepAlive: false }, (request, response) => {
    const path = request.url ?? '';
    const served = path.startsWith(PREFIX) ? tokens.get(path.slice(PREFIX.length)) : undefined;
    if (served === undefined) {
      response.writeHead(404).end();
      return;
    }
    served.requests += 1;
    response
      .writeHead(200, { 'content-length': served.keyAuthorization.length })
      .end(served.keyAuthorization);
    served.notify?.();
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    serve: (token, keyAuthorization) => void tokens.set(token, { keyAuthorization, requests: 0 }),
    askedFor: (token) => tokens.get(token)?.requests ?? 0,
    firstRequest: (token, atMostMs) => firstRequest(tokens.get(token), atMostMs),
    forget: (token) => void tokens.delete(token),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function firstRequest(served: Served | undefined, atMostMs: number): Promise<void> {
  if (served === undefined || served.requests > 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(patience);
      delete served.notify;
      resolve();
    };
    const patience = setTimeout(done, atMostMs);
    served.notify = done;
  });
}
