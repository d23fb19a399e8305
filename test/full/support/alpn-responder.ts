import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createSecureContext, createServer } from 'node:tls';

/** A validation certificate and its key, in PEM. */
export interface ValidationCertificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/**
 * Shows the validation certificate for the name that is asked for (RFC 8737 section 3), over IPv4 and IPv6, for clients
 * that make certificates and leave it to a web server to show them.
 */
export async function startAlpnResponder(
  port: number,
  certificateFor: (name: string) => ValidationCertificate,
): Promise<{ stop(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer({
    ALPNProtocols: ['acme-tls/1'],
    SNICallback: (name, give) => {
      try {
        give(null, createSecureContext(certificateFor(name)));
      } catch (error) {
        give(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(port, '::');
  await once(server, 'listening');
  return {
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
