import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { TlsCredentials } from '../../src/runtime/listener.ts';

/** A server of a test, with what it saw: the listeners' view of who was contacted. */
export interface SeenServer {
  readonly address: string;
  readonly port: number;
  /** How many connections it accepted. */
  accepted(): number;
  /** The requests that reached it, in order. Empty for a raw server. */
  readonly requests: readonly Pick<IncomingMessage, 'url' | 'headers'>[];
  /** Resolves when no connection is open. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

/** An HTTP server at exactly one address. Port 0 picks a free one; with credentials it speaks TLS. */
export async function startWebServer(
  address: string,
  port: number,
  answer: RequestListener,
  tls?: TlsCredentials,
): Promise<SeenServer> {
  const requests: Pick<IncomingMessage, 'url' | 'headers'>[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push({ url: request.url, headers: request.headers });
    answer(request, response);
  };
  const server =
    tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ key: tls.key, cert: tls.cert }, listener);
  return watchServer(server, address, port, requests);
}

/** A TCP server that does with a connection whatever the test says. */
export function startRawServer(
  address: string,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<SeenServer> {
  return watchServer(
    createServer((socket) => {
      socket.on('error', () => undefined);
      onConnection(socket);
    }),
    address,
    port,
  );
}

/** Makes a server listen at exactly one address, and watches its connections. */
export async function watchServer(
  server: Server,
  address: string,
  port: number,
  requests: SeenServer['requests'] = [],
): Promise<SeenServer> {
  const open = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      server.emit('one-closed');
    });
  });
  server.listen({ host: address, port, ipv6Only: address.includes(':') });
  await once(server, 'listening');
  return {
    address,
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    requests,
    drained: async () => {
      while (open.size > 0) await once(server, 'one-closed');
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
