import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { Channel, ChannelOptions, Method } from './channel.ts';
import type { Answer } from './http-reader.ts';
import { HttpReader } from './http-reader.ts';
import { watchRequest } from './patience.ts';

class ConnectionClosedError extends Error {}

/** HTTP/1.1 written and read by hand. */
export function openRawChannel(options: ChannelOptions): Channel {
  let kept: TLSSocket | undefined;
  const send = async (method: Method, path: string, body: string): Promise<Answer> => {
    const reused = kept?.writable === true ? kept : undefined;
    const socket = reused ?? connectTo(options);
    kept = socket;
    try {
      const answer = await exchange(socket, requestText(options, method, path, body), method, path, options);
      if (!options.keepAlive || answer.closes) socket.destroy();
      return answer;
    } catch (error) {
      socket.destroy();
      // A server may close an idle connection at the very moment of its reuse; sending again is safe, since a request that
      // did arrive has spent its nonce.
      if (reused !== undefined && error instanceof ConnectionClosedError) return send(method, path, body);
      throw error;
    }
  };
  return { send, close: () => void kept?.destroy() };
}

function connectTo({ origin, context }: ChannelOptions): TLSSocket {
  const socket = connect({
    host: origin.hostname,
    port: Number(origin.port),
    secureContext: context,
    // An address is no server name (RFC 6066 section 3); the certificate is checked against the address all the same.
    servername: '',
  });
  socket.setNoDelay(true);
  // Between two requests nobody else listens; the next request then opens another connection.
  socket.on('error', () => undefined);
  return socket;
}

function requestText(options: ChannelOptions, method: Method, path: string, body: string): string {
  const connection = options.keepAlive ? '' : 'connection: close\r\n';
  const content =
    method === 'POST' ? `content-type: application/jose+json\r\ncontent-length: ${body.length}\r\n` : '';
  return `${method} ${path} HTTP/1.1\r\nhost: ${options.origin.host}\r\nuser-agent: touchstone-bench\r\n${connection}${content}\r\n${body}`;
}

function exchange(
  socket: TLSSocket,
  request: string,
  method: Method,
  path: string,
  options: ChannelOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const reader = new HttpReader(method === 'HEAD');
    const settle = (): void => {
      endWatch();
      socket.off('data', read).off('error', broken).off('close', closed);
    };
    const fail = (error: unknown): void => {
      settle();
      reject(error);
    };
    const endWatch = watchRequest(path, options.onUnanswered, fail);
    const broken = (error: Error): void => fail(new ConnectionClosedError(`${path}: ${error.message}`));
    const closed = (): void => fail(new ConnectionClosedError(`${path}: the connection closed unanswered.`));
    const read = (bytes: Buffer): void => {
      try {
        const answer = reader.push(bytes);
        if (answer === undefined) return;
        settle();
        resolve(answer);
      } catch (error) {
        fail(error);
      }
    };
    socket.on('data', read).on('error', broken).on('close', closed);
    socket.write(request, 'latin1');
  });
}
