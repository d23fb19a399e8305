import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { TlsCredentials } from '../../src/runtime/listener.ts';
import { startAlpnServer } from '../support/alpn-server.ts';
import { startBlackHole } from '../support/black-hole.ts';
import { KEY_AUTHORIZATION } from '../support/validation-lab.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';

/** Something that listens at an address and port, and how it is ended. */
export type Service = (address: string, port: number) => Promise<{ stop(): Promise<void> }>;

/** A web server. */
export function web(listener: RequestListener, credentials?: TlsCredentials): Service {
  return (address, port) => startWebServer(address, port, listener, credentials);
}

/** Answers every request alike. */
export function answers(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Service {
  return web((_, response) => response.writeHead(status, headers).end(body));
}

/** The right answer to http-01. */
export const serves = answers(200, KEY_AUTHORIZATION);

/** Redirects every request to the same place. */
export function redirects(location: string, status = 302): Service {
  return answers(status, '', { location });
}

/** Does with each connection whatever the row says. */
export function raw(onConnection: (socket: Socket) => void): Service {
  return (address, port) =>
    startRawServer(address, port, (socket) => {
      onConnection(socket);
      // Who does not read is not told of the end.
      socket.resume();
    });
}

/** Sends these bytes as soon as it is asked, then closes. */
export function says(bytes: string | Uint8Array): Service {
  return raw((socket) => socket.once('data', () => socket.end(bytes)));
}

/** Sends these bytes as soon as it is asked, and nothing more. */
export function begins(bytes: string | Uint8Array): Service {
  return raw((socket) => socket.once('data', () => socket.write(bytes)));
}

/** Accepts, and says nothing. */
export const silent = raw(() => undefined);
export const closes = raw((socket) => socket.end());
export const resets = raw((socket) => socket.once('data', () => socket.resetAndDestroy()));

/** Answers `acme-tls/1` with the certificate, unless options say otherwise. */
export function alpn(credentials: () => TlsCredentials, options: TlsOptions = {}): Service {
  return (address, port) => startAlpnServer(address, port, credentials(), options);
}

/** Connections time out while connecting. */
export const blackHole: Service = (address, port) =>
  startBlackHole(address === '::1' ? '::1' : '127.0.0.1', port);
