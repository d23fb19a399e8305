import type { RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OwedAnswers } from './owed-answers.ts';

/** What was refused before any handler saw a request, nearly always by Node's HTTP parser. The status is RFC 9110's. */
export interface ParserRefusal {
  readonly status: 400 | 405 | 408 | 413 | 431;
}

/** An answer to what could not be parsed; the connection is closed after it. */
export interface ParserRefusalAnswer {
  readonly status: number;
  readonly reasonPhrase: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const STATUS_BY_CODE: Readonly<Record<string, ParserRefusal['status']>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** The refusal for an error of `clientError`, or undefined when it is no HTTP matter (a reset, a failed handshake). */
export function refusalOf(error: NodeJS.ErrnoException): ParserRefusal | undefined {
  const code = error.code ?? '';
  const status = STATUS_BY_CODE[code];
  if (status !== undefined) return { status };
  return code.startsWith('HPE_') ? { status: 400 } : undefined;
}

/**
 * Makes what answers a connection on which something could not be parsed, and closes it. The answer waits for those that
 * the connection owes to requests before it, since answers come in the order of requests (RFC 9112 section 9.3.2), and is
 * left out when the request that it is about has been answered meanwhile. Without an answer the connection is closed at
 * once.
 */
export function createRefuser(
  answers: OwedAnswers,
): (socket: Duplex, answer: ParserRefusalAnswer | undefined) => void {
  const refused = new WeakSet<Duplex>();
  return (socket, answer) => {
    if (answer === undefined) {
      ignoreErrors(socket);
      socket.destroy();
      return;
    }
    // Whatever arrives behind what could not be parsed is refused by the parser again.
    if (refused.has(socket)) return;
    refused.add(socket);
    ignoreErrors(socket);
    const owed = answers.owedOn(socket);
    const last = owed.at(-1);
    const spoilt = last?.request.complete === false ? last : undefined;
    const before = spoilt === undefined ? last : owed.at(-2);
    const finish = (): void => {
      const isAnswered = spoilt?.response.headersSent === true || answers.isAnsweredEarly(socket);
      writeRefusal(socket, isAnswered ? undefined : answer);
    };
    if (before === undefined) finish();
    else before.response.once('close', finish);
  };
}

/** RFC 9112 section 3.2: a path, or an http or https URL that has an authority. */
const TARGET = /^(?:\/|https?:\/\/[^/?#])/i;

/**
 * The handler, called only for requests whose target is a path or a URL; the others are answered with the refusal. The parser
 * lets through whatever has no space in it, and routers find no path in that.
 */
export function withReadableTargets(
  handler: RequestListener,
  answerRefusal: (refusal: ParserRefusal) => ParserRefusalAnswer,
): RequestListener {
  return (request, response) => {
    if (TARGET.test(request.url ?? '')) return handler(request, response);
    const { status, reasonPhrase, headers, body } = answerRefusal({ status: 400 });
    response.writeHead(status, reasonPhrase, {
      ...headers,
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    });
    response.end(body);
  };
}

/** Node takes its own listener away before it hands a CONNECT over, and the client may be gone already. */
function ignoreErrors(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
}

function writeRefusal(socket: Duplex, answer: ParserRefusalAnswer | undefined): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(answer === undefined ? undefined : messageOf(answer), () => socket.destroy());
}

function messageOf({ status, reasonPhrase, headers, body }: ParserRefusalAnswer): string {
  const all = { ...headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reasonPhrase}\r\n${lines.join('')}\r\n${body}`;
}
