import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Undefined when the body is no JWS. */
  readonly header: Readonly<Record<string, unknown>> | undefined;
  readonly payload: unknown;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is a text, else as JSON. */
  readonly body?: unknown;
  /** Breaks the connection instead. */
  readonly breakConnection?: true;
}

export interface ScriptedServer {
  readonly url: string;
  readonly directoryUrl: string;
  readonly requests: readonly ReceivedRequest[];
  readonly connections: () => number;
  /** Answers for a path, one a request; the last one stays. */
  script(path: string, ...answers: readonly ScriptedAnswer[]): void;
}

/** A server that says what it is told to say, with a fresh nonce on every answer: `nonce-1`, `nonce-2`, ... */
export async function startScriptedServer(tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<ScriptedServer> {
  const scripts = new Map<string, ScriptedAnswer[]>();
  const requests: ReceivedRequest[] = [];
  let nonces = 0;
  let connections = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const path = request.url ?? '';
    requests.push({ method: request.method ?? '', path, ...readJws(Buffer.concat(chunks)) });
    const script = scripts.get(path) ?? [{ status: 404, body: { detail: `nothing scripted for ${path}` } }];
    const next = script.length > 1 ? script.shift() : script[0];
    if (next?.breakConnection) {
      request.socket.destroy();
      return;
    }
    nonces += 1;
    const { status = 200, headers = {}, body = '' } = next ?? {};
    response.writeHead(status, { 'replay-nonce': `nonce-${nonces}`, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  const server = tls === undefined ? createServer(listener) : createHttpsServer(tls, listener);
  server.on(tls === undefined ? 'connection' : 'secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const script = (path: string, ...answers: readonly ScriptedAnswer[]): void =>
    void scripts.set(path, [...answers]);
  script('/dir', {
    body: {
      newNonce: `${url}/nonce`,
      newAccount: `${url}/new-account`,
      newOrder: `${url}/new-order`,
      revokeCert: `${url}/revoke`,
    },
  });
  // Without a length, Node's client takes the end of the connection for the end of an answer to HEAD.
  script('/nonce', { headers: { 'content-length': '0' } });
  script('/new-account', {
    status: 201,
    headers: { location: `${url}/account/1` },
    body: { status: 'valid' },
  });
  return { url, directoryUrl: `${url}/dir`, requests, connections: () => connections, script };
}

function readJws(body: Buffer): Pick<ReceivedRequest, 'header' | 'payload'> {
  if (body.length === 0) return { header: undefined, payload: undefined };
  const jws = JSON.parse(body.toString('utf8'));
  const payload = Buffer.from(jws.payload, 'base64url').toString('utf8');
  return {
    header: JSON.parse(Buffer.from(jws.protected, 'base64url').toString('utf8')),
    payload: payload === '' ? '' : JSON.parse(payload),
  };
}
