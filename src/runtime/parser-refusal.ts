import type { Duplex } from 'node:stream';
import type { Connections } from './connections.ts';

/** What Node's HTTP parser refused before any handler saw a request. The status is RFC 9110's. */
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

/** Writes the answer to the bare socket and closes it; closes it alone when an answer is under way on it already. */
export function answerRefusal(
  socket: Duplex,
  connections: Pick<Connections, 'answerOwedOn'>,
  answer: ParserRefusalAnswer | undefined,
): void {
  // Node takes its own listener away before it hands a CONNECT over, and the client may be gone already.
  socket.on('error', () => socket.destroy());
  const begun = connections.answerOwedOn(socket)?.headersSent === true;
  if (answer === undefined || begun || !socket.writable) {
    socket.destroy();
    return;
  }
  const headers = {
    ...answer.headers,
    'Content-Length': String(Buffer.byteLength(answer.body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${answer.status} ${answer.reasonPhrase}\r\n${lines.join('')}\r\n${answer.body}`, () =>
    socket.destroy(),
  );
}
