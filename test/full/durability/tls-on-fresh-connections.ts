import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { HttpAnswer, HttpQuestion, HttpTransport } from '../../../src/client/http-transport.ts';
import type { FindSending } from './shown-before-synced.ts';
import type { SystemCall } from './system-calls.ts';

/** A transport that uses each connection once, and so can say which encrypted record of the trace held which answer. */
export interface TracedTls extends HttpTransport {
  find: FindSending;
}

/** TLS 1.3 appends the content's type and the cipher's tag: RFC 8446 sections 5.2 and 5.4. */
const SEALED_MORE_BYTES = 1 + 16;
const APPLICATION_DATA = 23;

/** Speaks TLS 1.3 to this host, trusting the CA (PEM). */
export function tlsOnFreshConnections(ca: string): TracedTls {
  const seen = new Map<string, { readonly port: number; readonly bytes: number }>();
  return {
    async send(question) {
      const { hostname, port } = new URL(question.url);
      const socket = connect({ host: hostname, port: Number(port), ca, minVersion: 'TLSv1.3' });
      await once(socket, 'secureConnect');
      const from = Number(socket.localPort);
      socket.write(requestText(question));
      const text = await everything(socket);
      const answer = parseAnswer(text);
      seen.set(String(answer.headers['replay-nonce']), { port: from, bytes: text.length });
      return answer;
    },
    find(sends, answer) {
      const { port, bytes } = seen.get(answer.nonce) ?? {};
      const wanted = (bytes ?? 0) + SEALED_MORE_BYTES;
      return sends.find(
        (call) => call.target?.endsWith(`:${port}]`) === true && recordLengths(call).includes(wanted),
      );
    },
    close() {},
  };
}

function requestText({ method, url, headers, body = '' }: HttpQuestion): string {
  const { host, pathname } = new URL(url);
  const lines = [
    `${method} ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

async function everything(socket: TLSSocket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parseAnswer(text: Buffer): HttpAnswer {
  const split = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.subarray(0, split).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.subarray(split + 4) };
}

/** The lengths of the records of application data that the call hands over. */
function recordLengths(call: SystemCall): readonly number[] {
  const bytes = Buffer.concat(call.strings);
  const lengths: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3))
    if (bytes[at] === APPLICATION_DATA) lengths.push(bytes.readUInt16BE(at + 3));
  return lengths;
}
