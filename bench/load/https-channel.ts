import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Channel, ChannelOptions, Method } from './channel.ts';
import type { Answer } from './http-reader.ts';
import { watchRequest } from './patience.ts';

class StaleConnectionError extends Error {}

/** HTTP/1.1 by node:https, with an agent of one connection for each client. */
export function openHttpsChannel(options: ChannelOptions): Channel {
  // No sessions are kept: a fresh connection is to cost a full handshake at either server.
  const agent = new Agent({
    keepAlive: options.keepAlive,
    maxSockets: 1,
    maxCachedSessions: 0,
    secureContext: options.context,
  });
  const send = async (method: Method, path: string, body: string): Promise<Answer> => {
    try {
      return await exchange(agent, options, method, path, body);
    } catch (error) {
      if (error instanceof StaleConnectionError) return send(method, path, body);
      throw error;
    }
  };
  return { send, close: () => agent.destroy() };
}

function exchange(
  agent: Agent,
  options: ChannelOptions,
  method: Method,
  path: string,
  body: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const content = { 'content-type': 'application/jose+json', 'content-length': body.length };
    const sent = request({
      agent,
      host: options.origin.hostname,
      port: options.origin.port,
      method,
      path,
      headers: { 'user-agent': 'touchstone-bench', ...(method === 'POST' ? content : {}) },
    });
    const endWatch = watchRequest(path, options.onUnanswered, (error) => void sent.destroy(error));
    sent.on('response', (message) => {
      readBody(message).then(resolve, reject).finally(endWatch);
    });
    sent.on('error', (error) => {
      endWatch();
      const stale = sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      reject(stale ? new StaleConnectionError(path) : error);
    });
    sent.end(body, 'latin1');
  });
}

async function readBody(message: IncomingMessage): Promise<Answer> {
  let body = '';
  message.setEncoding('latin1');
  for await (const text of message) body += text;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(message.headers)) headers.set(name, String(value));
  return { status: message.statusCode ?? 0, headers, body, closes: false };
}
