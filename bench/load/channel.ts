import type { SecureContext } from 'node:tls';
import type { Answer } from './http-reader.ts';

export const TRANSPORTS = ['https', 'raw'] as const;

/**
 * `https` is node:https, a client as clients are: on a machine of few cores it competes with the server. `raw` writes HTTP/1.1
 * by hand over node:tls for a third of the CPU, which leaves the machine to the server, as clients elsewhere would.
 */
export type Transport = (typeof TRANSPORTS)[number];

export interface ChannelOptions {
  readonly origin: URL;
  readonly context: SecureContext;
  readonly transport: Transport;
  /** False: a new TLS connection, with a full handshake, for each request. */
  readonly keepAlive: boolean;
  readonly onUnanswered: (path: string) => void;
}

export type Method = 'GET' | 'HEAD' | 'POST';

/** One client's connection to the server: one request at a time. */
export interface Channel {
  /** Throws ServerLostError when there is no answer for 30 s, and what the socket throws when there is no connection. */
  send(method: Method, path: string, body: string): Promise<Answer>;
  close(): void;
}
