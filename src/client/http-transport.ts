import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Timer } from '../runtime/timer.ts';
import { UnexpectedAnswerError, UnreachableError } from './client-error.ts';

/** Nothing that an ACME server sends comes near this; a chain of ten certificates is 20 kB. */
const MAX_BODY_BYTES = 1024 * 1024;
const TOO_LONG = `an answer is longer than ${MAX_BODY_BYTES} bytes; this is no ACME server.`;

export interface HttpQuestion {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpTransport {
  /** Throws UnreachableError when no whole answer came in time, and the signal's reason when it aborts. */
  send(question: HttpQuestion): Promise<HttpAnswer>;
  /** Closes the connections that are kept alive. */
  close(): void;
}

export interface HttpTransportOptions {
  /** PEM; replaces the system's roots. */
  readonly apiCa?: string | undefined;
  /** Milliseconds from sending to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly timer: Timer;
}

/** HTTP and HTTPS over connections that are kept alive. Follows no redirect: RFC 8555 has none. */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const https = new HttpsAgent({
    keepAlive: true,
    ...(options.apiCa === undefined ? {} : { ca: options.apiCa }),
  });
  const http = new HttpAgent({ keepAlive: true });
  return {
    async send(question) {
      const first = await exchange(question, { https, http, ...options });
      if (first !== 'stale-connection') return first;
      const second = await exchange(question, { https, http, ...options });
      if (second !== 'stale-connection') return second;
      throw new UnreachableError(
        `${question.url} closed the connection before it answered, twice.`,
        question.url,
        undefined,
      );
    },
    close() {
      https.destroy();
      http.destroy();
    },
  };
}

interface ExchangeContext extends HttpTransportOptions {
  readonly https: HttpsAgent;
  readonly http: HttpAgent;
}

/**
 * One request and its answer. `stale-connection` says that the server had closed a kept connection at the moment of its
 * reuse, which is nobody's failure; sending again is safe, since a request that did arrive has spent its nonce.
 */
function exchange(
  question: HttpQuestion,
  context: ExchangeContext,
): Promise<HttpAnswer | 'stale-connection'> {
  return new Promise((resolve, reject) => {
    const deadline = new AbortController();
    const cancel = context.timer.after(context.timeoutMs, () => deadline.abort());
    const fail = (error: Error): void => {
      cancel();
      if (question.signal?.aborted) reject(question.signal.reason);
      else if (request.reusedSocket && 'code' in error && error.code === 'ECONNRESET')
        resolve('stale-connection');
      else
        reject(asClientError(error, question.url, deadline.signal.aborted ? context.timeoutMs : undefined));
    };
    const request = open(question, context, deadline.signal);
    request.on('error', fail);
    request.on('response', (message: IncomingMessage) => {
      // The connection is back with the agent only when the request has closed; a request sent earlier opens another.
      Promise.all([readBody(message), once(request, 'close')]).then(([body]) => {
        cancel();
        resolve({ status: message.statusCode ?? 0, headers: message.headers, body });
      }, fail);
    });
    request.end(question.body);
  });
}

function open(question: HttpQuestion, context: ExchangeContext, deadline: AbortSignal) {
  const secure = question.url.startsWith('https:');
  const settings: RequestOptions = {
    method: question.method,
    headers: {
      'user-agent': 'touchstone-client',
      'accept-language': 'en',
      ...question.headers,
      ...(question.body === undefined ? {} : { 'content-length': Buffer.byteLength(question.body) }),
    },
    signal: question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]),
  };
  return secure
    ? httpsRequest(question.url, { ...settings, agent: context.https })
    : httpRequest(question.url, { ...settings, agent: context.http });
}

function readBody(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > MAX_BODY_BYTES) message.destroy(new UnexpectedAnswerError(TOO_LONG));
    });
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', reject);
  });
}

function asClientError(error: Error, url: string, timedOutAfterMs: number | undefined): Error {
  if (error instanceof UnexpectedAnswerError) return error;
  if (timedOutAfterMs !== undefined)
    return new UnreachableError(`${url} did not answer within ${timedOutAfterMs / 1000} s.`, url, error);
  const code = 'code' in error ? String(error.code) : '';
  return new UnreachableError(`${url} cannot be reached: ${explainNetworkError(code, error)}`, url, error);
}

function explainNetworkError(code: string, error: Error): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused). Is the server running, and is the port right?';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name does not resolve. Is the name spelled right?';
    case 'EPROTO':
      return 'it does not speak TLS as expected. Is it plain HTTP, whose URL begins with http://?';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for other names: ${error.message}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `its HTTPS certificate comes from a CA that is not trusted (${code}). Name that CA's certificate with --api-ca FILE.`;
    default:
      return error.message === '' ? code : error.message;
  }
}
