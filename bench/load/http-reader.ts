/** An answer as the load client needs it. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; of a repeated header the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** The server closes the connection behind it. */
  readonly closes: boolean;
}

const HEAD_END = '\r\n\r\n';

/**
 * Reads the one answer that is under way on a connection: RFC 9112 with a length or in chunks, which is all that the
 * measured servers send. Bytes are kept as latin1 text, since ACME's answers are ASCII.
 */
export class HttpReader {
  private text = '';
  private readonly headless: boolean;

  constructor(headless: boolean) {
    this.headless = headless;
  }

  /** Takes bytes; returns the answer once it is whole. Throws for what is no HTTP. */
  push(bytes: Buffer): Answer | undefined {
    this.text += bytes.toString('latin1');
    const headEnd = this.text.indexOf(HEAD_END);
    if (headEnd < 0) return undefined;
    const lines = this.text.slice(0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(lines[0] ?? '')?.[1]);
    if (Number.isNaN(status)) throw new Error(`not an HTTP/1.1 answer: ${lines[0]}`);
    const headers = new Map<string, string>();
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':');
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const body = this.body(headEnd + HEAD_END.length, headers, status);
    if (body === undefined) return undefined;
    return { status, headers, body, closes: headers.get('connection')?.toLowerCase() === 'close' };
  }

  private body(start: number, headers: ReadonlyMap<string, string>, status: number): string | undefined {
    if (this.headless || status === 204) return '';
    if (headers.get('transfer-encoding') === 'chunked') return dechunk(this.text, start);
    const end = start + Number(headers.get('content-length') ?? 0);
    return this.text.length < end ? undefined : this.text.slice(start, end);
  }
}

/** The content of a chunked body (RFC 9112 section 7.1), or undefined while it is not whole. No trailers. */
function dechunk(text: string, start: number): string | undefined {
  let content = '';
  let at = start;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (text.length < end + 2) return undefined;
    if (size === 0) return content;
    content += text.slice(lineEnd + 2, end);
    at = end + 2;
  }
}
