import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { RedirectTarget } from '../policy/redirects.ts';
import type { ExchangeFailureKind } from '../protocol/validation-failure.ts';
import type { TlsFacts } from '../protocol/validation-record.ts';
import type { Timer } from '../runtime/timer.ts';
import type { Budget } from './budget.ts';
import { startBudget } from './budget.ts';
import type { FailedHandshake } from './tls-handshake.ts';
import { failedHandshake, shakeHands } from './tls-handshake.ts';

/** RFC 9110 section 15.2 allows any number of interim responses. Nobody needs many, and reading them without end takes time from others. */
const INTERIM_LIMIT = 16;

export type ExchangePhase = 'request' | 'response' | 'body';

export interface ReceivedResponse {
  readonly outcome: 'response';
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** A 200's body as far as it was read: up to one byte beyond the limit. Empty otherwise. */
  readonly body: Buffer;
}

export interface FailedExchange {
  readonly outcome: 'failed';
  readonly phase: ExchangePhase;
  readonly kind: ExchangeFailureKind;
  readonly code?: string;
  /** What came in place of an HTTP response: its first bytes. */
  readonly start?: Buffer;
  /** Of a body that did not come whole. */
  readonly body?: BodyProgress;
}

export interface BodyProgress {
  readonly bytes: number;
  /** What Content-Length announced. */
  readonly of?: number;
}

/** `aborted`: the validation as a whole was over first. */
export type ExchangeResult = (
  | ReceivedResponse
  | FailedExchange
  | FailedHandshake
  | { readonly outcome: 'aborted'; readonly phase: ExchangePhase | 'tls' }
) & { readonly durationMs: number; readonly tls?: TlsFacts };

export interface ExchangeOptions {
  readonly target: RedirectTarget;
  readonly userAgent: string;
  /** From connected to the last byte, a TLS handshake included. */
  readonly budgetMs: number;
  /** Of a longer body one byte more is read, and nothing else. */
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  readonly timer: Timer;
  readonly signal: AbortSignal;
}

/** RFC 9110 section 7.2: the host as in the URL, with the port unless it is the scheme's default. */
export function hostHeader({ scheme, hostname, port }: RedirectTarget): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return port === (scheme === 'http' ? 80 : 443) ? host : `${host}:${port}`;
}

/**
 * Makes one request over a dialled socket and destroys the socket, whatever came of it. Never rejects. node:http speaks
 * here and not undici: it never connects by itself over a given socket, and costs 0.1 ms of processor time for a
 * validation where an undici client costs 0.25.
 */
export async function exchange(socket: Socket, options: ExchangeOptions): Promise<ExchangeResult> {
  const { target, timer } = options;
  const startedAt = timer.now();
  const budget = startBudget(timer, options.budgetMs, options.signal);
  const timed = <Outcome>(result: Outcome, tls?: TlsFacts) => ({
    ...result,
    durationMs: timer.now() - startedAt,
    ...(tls === undefined ? {} : { tls }),
  });
  try {
    if (target.scheme === 'http') return timed(await fetchOver(socket, options, budget));
    // RFC 6066 section 3: a server name has no dot at its end.
    const name = isIP(target.hostname) === 0 ? { serverName: target.hostname.replace(/\.$/, '') } : {};
    const handshake = await shakeHands(socket, name, budget);
    if (handshake.outcome === 'aborted') return timed({ outcome: 'aborted', phase: 'tls' } as const);
    if (handshake.outcome === 'tls-failed') return timed(handshake);
    const result = await fetchOver(handshake.socket, options, budget);
    handshake.socket.destroy();
    return timed(result, handshake.facts);
  } finally {
    budget.release();
    socket.destroy();
  }
}

type FetchResult =
  | ReceivedResponse
  | FailedExchange
  | FailedHandshake
  | { readonly outcome: 'aborted'; readonly phase: ExchangePhase };

function fetchOver(
  socket: Socket,
  { target, userAgent, maxBodyBytes, maxHeaderBytes }: ExchangeOptions,
  budget: Budget,
): Promise<FetchResult> {
  if (socket.destroyed) {
    const code = codeOf(socket.errored);
    return Promise.resolve({ outcome: 'failed', phase: 'request', kind: 'reset', ...code });
  }
  const bytesBefore = socket.bytesRead;
  return new Promise((resolve) => {
    let phase: ExchangePhase = 'request';
    const request = httpRequest({
      // No agent: nothing pools, queues or dials but us.
      createConnection: () => socket,
      method: 'GET',
      path: target.path,
      setHost: false,
      headers: {
        Host: hostHeader(target),
        'User-Agent': userAgent,
        Accept: '*/*',
        Connection: 'close',
      },
      maxHeaderSize: maxHeaderBytes,
    });
    let progress: () => BodyProgress | undefined = () => undefined;
    const settle = (result: FetchResult) => {
      budget.signal.removeEventListener('abort', onAbort);
      request.destroy();
      const body = result.outcome === 'failed' ? progress() : undefined;
      resolve(result.outcome === 'failed' && body !== undefined ? { ...result, body } : result);
    };
    const onAbort = () => {
      const kind = socket.bytesRead > bytesBefore ? 'slow' : 'silent';
      settle(budget.expired() ? { outcome: 'failed', phase, kind } : { outcome: 'aborted', phase });
    };
    // Stays after settling, so that a late error is never unhandled.
    request.on('error', (error) => settle(classify(error, phase)));
    request.once('finish', () => {
      if (phase === 'request') phase = 'response';
    });
    // Once there is a response, it is the one that says how it ended: this event can come before its last bytes are read.
    request.once('close', () => {
      if (phase !== 'body') settle({ outcome: 'failed', phase, kind: 'closed' });
    });
    let interim = 0;
    request.on('information', () => {
      interim += 1;
      if (interim > INTERIM_LIMIT) settle({ outcome: 'failed', phase, kind: 'headers-too-long' });
    });
    onFinalResponse(request, (response) => {
      phase = 'body';
      progress = readResponse(response, maxBodyBytes + 1, settle);
    });
    budget.signal.addEventListener('abort', onAbort, { once: true });
    request.end();
    if (budget.signal.aborted) onAbort();
  });
}

/** RFC 9110 section 15.2.2: a 101 is final for us, since we ask for no other protocol. */
function onFinalResponse(request: ClientRequest, take: (response: IncomingMessage) => void): void {
  request.once('response', take);
  request.once('upgrade', (response, socket) => {
    socket.destroy();
    take(response);
  });
}

/** The body matters for a 200 alone, and no further than `limitBytes`. Returns what tells how much of it has come. */
function readResponse(
  response: IncomingMessage,
  limitBytes: number,
  settle: (result: FetchResult) => void,
): () => BodyProgress | undefined {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = () =>
    settle({
      outcome: 'response',
      status,
      headers: response.headers,
      body: Buffer.concat(chunks).subarray(0, limitBytes),
    });
  response.on('error', (error) => settle(classify(error, 'body')));
  if (status !== 200) {
    finish();
    return () => undefined;
  }
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limitBytes) finish();
  });
  response.once('end', finish);
  response.once('close', () => settle({ outcome: 'failed', phase: 'body', kind: 'closed' }));
  const announced = /^\d+$/.exec(response.headers['content-length'] ?? '')?.[0];
  return () => ({ bytes: length, ...(announced === undefined ? {} : { of: Number(announced) }) });
}

/** As much of a foreign protocol as it takes to know it. */
const START_BYTES = 32;

function classify(
  error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer },
  phase: ExchangePhase,
): FailedExchange | FailedHandshake {
  const { code = 'unknown' } = error;
  // TLS 1.3 lets a server refuse after the handshake, for instance for want of a client certificate.
  if (code.startsWith('ERR_SSL_')) return failedHandshake(error);
  const failed = (kind: ExchangeFailureKind) => ({ outcome: 'failed', phase, kind, code }) as const;
  if (code === 'HPE_HEADER_OVERFLOW') return failed('headers-too-long');
  const { rawPacket } = error;
  if (code.startsWith('HPE_')) {
    if (isHttp2Preface(rawPacket)) return failed('http2');
    const start =
      phase === 'body' || rawPacket === undefined ? {} : { start: rawPacket.subarray(0, START_BYTES) };
    return { ...failed('not-http'), ...start };
  }
  // Node gives a connection that ended too soon the code of a reset one; only a real one names a system call.
  return failed(code === 'ECONNRESET' && error.syscall !== undefined ? 'reset' : 'closed');
}

/** RFC 9113 section 3.4: a server's first frame is SETTINGS (type 4) on stream 0. */
function isHttp2Preface(bytes: Buffer | undefined): boolean {
  return bytes !== undefined && bytes.length >= 9 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0;
}

function codeOf(error: Error | null): { readonly code?: string } {
  const code = error === null ? undefined : (error as NodeJS.ErrnoException).code;
  return code === undefined ? {} : { code };
}
