import type { SecureContext, TLSSocket } from 'node:tls';
import { connect, createSecureContext } from 'node:tls';
import type { Answer } from './http-reader.ts';
import { HttpReader } from './http-reader.ts';

/** After this a request counts as unanswered, though the channel goes on waiting. */
export const UNANSWERED_MS = 5_000;
/** After this the server is given up: it has locked up, and every further request would only wait as long. */
const GIVE_UP_MS = 30_000;

/** The server did not answer for 30 s: the whole load ends. */
export class ServerLostError extends Error {}

export interface ChannelOptions {
  readonly origin: URL;
  readonly context: SecureContext;
  /** False: a new TLS connection, with a full handshake, for each request. */
  readonly keepAlive: boolean;
  readonly onUnanswered: (path: string) => void;
}

/** One client's connection to the server: one request at a time. */
export interface Channel {
  send(method: 'GET' | 'HEAD' | 'POST', path: string, body: string): Promise<Answer>;
  close(): void;
}

export function trust(apiCaPem: string): SecureContext {
  return createSecureContext({ ca: apiCaPem });
}

/**
 * HTTP/1.1 written by hand over node:tls: node:https costs the generator about as much CPU a request as a server needs to
 * answer it, and on a machine of few cores the generator would then be what is measured.
 */
export function openChannel(options: ChannelOptions): Channel {
  const { origin, keepAlive } = options;
  let kept: TLSSocket | undefined;
  const socketFor = (): TLSSocket => {
    if (kept !== undefined && !kept.destroyed && kept.writable) return kept;
    kept = connect({
      host: origin.hostname,
      port: Number(origin.port),
      secureContext: options.context,
      // An address is no SNI name (RFC 6066 section 3); the certificate is checked against it all the same.
      servername: '',
      checkServerIdentity: () => undefined,
    });
    kept.setNoDelay(true);
    // Between two requests nobody else listens; the next request then opens another connection.
    kept.on('error', () => undefined);
    return kept;
  };
  return {
    send(method, path, body) {
      const reused = kept !== undefined && !kept.destroyed && kept.writable;
      const socket = socketFor();
      const head = requestHead(options, method, path, body);
      return exchange(socket, head + body, method === 'HEAD', options, path).then(
        (answer) => {
          if (!keepAlive || answer.closes) socket.destroy();
          return answer;
        },
        (error: unknown) => {
          socket.destroy();
          // A server may close an idle connection at the very moment of its reuse; sending again is safe, since a request
          // that did arrive has spent its nonce.
          if (reused && error instanceof ConnectionClosedError) return this.send(method, path, body);
          throw error;
        },
      );
    },
    close: () => void kept?.destroy(),
  };
}

class ConnectionClosedError extends Error {}

function requestHead(options: ChannelOptions, method: string, path: string, body: string): string {
  const connection = options.keepAlive ? '' : 'connection: close\r\n';
  const content =
    method === 'POST' ? `content-type: application/jose+json\r\ncontent-length: ${body.length}\r\n` : '';
  return `${method} ${path} HTTP/1.1\r\nhost: ${options.origin.host}\r\nuser-agent: touchstone-bench\r\n${connection}${content}\r\n`;
}

function exchange(
  socket: TLSSocket,
  request: string,
  headless: boolean,
  options: ChannelOptions,
  path: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const reader = new HttpReader(headless);
    let waited = 0;
    const patience = setInterval(() => {
      if (waited === 0) options.onUnanswered(path);
      waited += UNANSWERED_MS;
      if (waited >= GIVE_UP_MS) fail(new ServerLostError(`${path} was not answered for ${waited / 1000} s.`));
    }, UNANSWERED_MS);
    const settle = (): void => {
      clearInterval(patience);
      socket.off('data', read).off('error', broken).off('close', closed);
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    const broken = (error: Error): void => fail(new ConnectionClosedError(`${path}: ${error.message}`));
    const closed = (): void => fail(new ConnectionClosedError(`${path}: the connection closed unanswered.`));
    const read = (bytes: Buffer): void => {
      try {
        const answer = reader.push(bytes);
        if (answer === undefined) return;
        settle();
        resolve(answer);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    };
    socket.on('data', read).on('error', broken).on('close', closed);
    socket.write(request, 'latin1');
  });
}
