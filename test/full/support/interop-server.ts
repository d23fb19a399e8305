import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import type { RunningServer, ServerOptions } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';

/** A server for one client, with a folder for that client's own files. */
export interface InteropServer extends RunningServer {
  /** The port that the CA dials for http-01; nothing listens on it yet. */
  readonly httpPort: number;
  /** Likewise for tls-alpn-01. */
  readonly tlsPort: number;
  /** Empty; the client's home, configuration and certificates go here. */
  readonly clientFolder: string;
  /** Stops the server, expects that it ended cleanly, and removes all files. */
  finish(): Promise<void>;
}

/** Starts a server whose `hosts` point to this machine's loopback addresses, both families. */
export async function startInteropServer(
  options: { readonly names: readonly string[] } & Pick<ServerOptions, 'settings'>,
): Promise<InteropServer> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-interop-'));
  const clientFolder = mkdtempSync(join(folder, 'client-'));
  const [httpPort, tlsPort] = [await freePort(), await freePort()];
  const server = await startServer({
    dataFolder: join(folder, 'data'),
    settings: { 'validation.httpPort': httpPort, 'validation.tlsPort': tlsPort, ...options.settings },
    hosts: Object.fromEntries(options.names.map((name) => [name, ['127.0.0.1', '::1']])),
  });
  return {
    ...server,
    httpPort,
    tlsPort,
    clientFolder,
    async finish() {
      expect(await server.stop(), server.log()).toBe(0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The serial number of the first certificate of a PEM file. */
export function serialOf(certificateFile: string): string {
  return new X509Certificate(readFileSync(certificateFile)).serialNumber;
}
