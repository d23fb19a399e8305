import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import type { Http01Responder } from '../../src/client/http01-responder.ts';
import type { Fetch } from '../support/acme-requests.ts';

/** A running server that is lied to. */
export interface FuzzTarget {
  /** Scheme and authority. */
  readonly base: string;
  readonly port: number;
  /** What its HTTPS is trusted by; absent for plain HTTP. */
  readonly ca?: Buffer;
  readonly fetch: Fetch;
  readonly responder: Pick<Http01Responder, 'serve' | 'forget'>;
  /** Another number after each commit of the server to its database. */
  dataVersion(): number;
  /** What it has logged at the levels error and fatal, and what was thrown past everyone. */
  complaints(): readonly string[];
  send(request: FuzzRequest): Promise<FuzzAnswer>;
}

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Nothing here takes the server longer; what does, hangs. */
export const HANG_MS = 10_000;

/** How to reach a server, from what its start has told. */
export function fuzzTarget(facts: {
  readonly base: string;
  readonly dataFolder: string;
  readonly apiCa: string | undefined;
  readonly fetch: Fetch;
  readonly responder: FuzzTarget['responder'];
  readonly complaints: () => readonly string[];
  readonly cleanUp: (action: () => void) => void;
}): FuzzTarget {
  const { base, fetch, responder, complaints, cleanUp } = facts;
  const ca = facts.apiCa === undefined ? undefined : readFileSync(facts.apiCa);
  const database = new Database(join(facts.dataFolder, 'touchstone.db'), { readonly: true });
  cleanUp(() => database.close());
  const options = { keepAlive: true, maxSockets: 4 };
  const agent = ca === undefined ? new HttpAgent(options) : new HttpsAgent({ ...options, ca });
  cleanUp(() => agent.destroy());
  return {
    base,
    port: Number(new URL(base).port),
    ...(ca === undefined ? {} : { ca }),
    fetch,
    responder,
    complaints,
    dataVersion: () => Number(database.pragma('data_version', { simple: true })),
    send: (request) => send(base, agent, request),
  };
}

function send(base: string, agent: HttpAgent, request: FuzzRequest): Promise<FuzzAnswer> {
  const { hostname, port, protocol } = new URL(base);
  const start = protocol === 'https:' ? httpsRequest : httpRequest;
  const { method, path, headers, body } = request;
  const length = { 'Content-Length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = start(
      { hostname, port, method, path, agent, headers: { ...length, ...headers }, timeout: HANG_MS },
      (response) => {
        textOf(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          reject,
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} has hung for ${HANG_MS} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
