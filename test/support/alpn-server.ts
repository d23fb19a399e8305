import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createServer } from 'node:tls';
import type { TlsCredentials } from '../../src/runtime/listener.ts';
import type { SeenServer } from './web-server.ts';
import { watchServer } from './web-server.ts';

/** A TLS server, with what it learnt from those who completed the handshake. */
export interface AlpnServer extends SeenServer {
  /** For each completed handshake: server name and agreed protocol. */
  readonly handshakes: readonly { readonly serverName: string; readonly protocol: string | false }[];
  /** Codes of handshakes that failed. */
  readonly failed: readonly string[];
}

/** A TLS server at exactly one address that answers `acme-tls/1` with the given certificate, unless `options` say otherwise. */
export async function startAlpnServer(
  address: string,
  port: number,
  { key, cert }: TlsCredentials,
  options: TlsOptions = {},
): Promise<AlpnServer> {
  const handshakes: { serverName: string; protocol: string | false }[] = [];
  const failed: string[] = [];
  const server = createServer({ key, cert, ALPNProtocols: ['acme-tls/1'], ...options }, (socket) => {
    handshakes.push({ serverName: String(serverNameOf(socket)), protocol: socket.alpnProtocol ?? false });
    socket.on('error', () => undefined);
    socket.resume();
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => failed.push(error.code ?? error.message));
  const seen = await watchServer(server, address, port);
  return { ...seen, handshakes, failed };
}

/** Node.js keeps it where its types do not say. */
function serverNameOf(socket: Socket): unknown {
  return 'servername' in socket ? socket.servername : undefined;
}
