import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'vitest';
import type { FuzzTarget } from './fuzz-target.ts';
import { HANG_MS } from './fuzz-target.ts';
import { judgeProblem } from './oracle.ts';
import type { RawLie } from './raw-bytes.ts';
import { SOUND } from './raw-bytes.ts';

/** A client that waits for more than it sent closes its half after this time, which the server takes for the end. */
const PATIENCE_MS = 60;

/**
 * So much is read before it is answered. Where more was sent, the server may close with some of it unread, which resets the
 * connection and can take an answer with it (RFC 9112 section 9.6).
 */
const READ_BYTES = 4_096;

/** How many connections waited for an answer to what they sent, and how many of them got one. */
export interface RawTally {
  waited: number;
  answered: number;
}

/**
 * Writes the bytes, and judges all that comes until the connection is closed, which it must be in bounded time: whole
 * responses, and one at least to a sound request, unless the connection is reset.
 */
export async function tellRaw(
  target: Pick<FuzzTarget, 'port' | 'ca' | 'dataVersion'>,
  tally: RawTally,
  lie: RawLie,
): Promise<void> {
  const before = target.dataVersion();
  const received = await exchangeBytes(target, lie);
  const sent = lie.bytes.toString('latin1');
  const told = `to ${JSON.stringify(sent.slice(0, 1_000))}\ncame ${JSON.stringify(received.slice(0, 2_000))}`;
  if (lie.over === 'tcp' && target.ca !== undefined) {
    expect(received, `an answer in the clear from an HTTPS port: ${told}`).not.toMatch(/HTTP\//);
    return;
  }
  const mayBeCut = lie.leave === 'reset' || sent.length > READ_BYTES;
  judgeResponses(received, { mayBeCut, mayBeHead: sent.includes('HEAD'), told });
  if (!mayBeCut && sent !== '') {
    tally.waited += 1;
    if (received !== '') tally.answered += 1;
    if (sent.startsWith(SOUND))
      expect(received, `a sound request is answered: ${told}`).toMatch(/^HTTP\/1\.1 200 /);
  }
  expect(target.dataVersion(), `what nobody signed has changed the database: ${told}`).toBe(before);
}

export function exchangeBytes(
  target: Pick<FuzzTarget, 'port' | 'ca'>,
  { bytes, over, leave }: RawLie,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const tcp = connect({ port: target.port, host: '127.0.0.1', allowHalfOpen: true });
    const isTls = over === 'tls' && target.ca !== undefined;
    const socket: Socket = isTls ? connectTls({ socket: tcp, host: '127.0.0.1', ca: target.ca }) : tcp;
    let text = '';
    const hang = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(
          `not closed within ${HANG_MS} ms: ${JSON.stringify(bytes.toString('latin1').slice(0, 1_000))}, came ${text}`,
        ),
      );
    }, HANG_MS);
    let end: NodeJS.Timeout | undefined;
    socket.setEncoding('latin1');
    socket.on(isTls ? 'secureConnect' : 'connect', () => {
      socket.write(bytes, () => {
        if (leave === 'reset') tcp.resetAndDestroy();
      });
      if (leave === 'end') socket.end();
      // Not before: a handshake takes its time too.
      end = setTimeout(() => socket.end(), PATIENCE_MS);
    });
    socket.on('data', (piece) => {
      text += piece;
      socket.end();
    });
    socket.on('end', () => socket.end());
    tcp.on('error', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(hang);
      clearTimeout(end);
      resolve(text);
    });
  });
}

interface Circumstances {
  /** An answer may be missing or broken off. */
  readonly mayBeCut: boolean;
  /** A request for HEAD may have been among what was sent: its answer has a length and no body (RFC 9110 section 9.3.2). */
  readonly mayBeHead: boolean;
  readonly told: string;
}

/** Reads responses one after the other, as a client would; what is no response in between is a split one. */
function judgeResponses(received: string, { mayBeCut, mayBeHead, told }: Circumstances): void {
  let rest = received;
  while (rest !== '') {
    const head = /^HTTP\/1\.1 (\d{3}) [\w' -]*\r\n((?:[\w-]+: [\x20-\xff]*\r\n)*)\r\n/.exec(rest);
    expect(head, `no response begins here: ${JSON.stringify(rest.slice(0, 300))}\n${told}`).not.toBeNull();
    const [whole = '', code = '', lines = ''] = head ?? [];
    const headers = new Map(
      lines
        .split('\r\n')
        .map((line) => [line.split(': ')[0]?.toLowerCase(), line.slice(line.indexOf(': ') + 2)]),
    );
    const status = Number(code);
    const length = Number(headers.get('content-length') ?? 0);
    rest = rest.slice(whole.length);
    expect(headers.get('x-injected'), told).toBeUndefined();
    expect(status, told).toBeLessThan(500);
    const isWithoutBody = mayBeHead && (rest.startsWith('HTTP/1.1 ') || rest === '');
    const body = isWithoutBody ? '' : rest.slice(0, length);
    rest = rest.slice(body.length);
    if (!mayBeCut && !isWithoutBody) expect(body.length, `a body is cut short: ${told}`).toBe(length);
    if (status === 200 && body.includes('"newOrder"')) {
      const { newOrder } = Object(JSON.parse(body));
      expect(URL.canParse(newOrder), `a URL that leads nowhere: ${told}`).toBe(true);
    }
    if (status >= 400 && body.length === length)
      judgeProblem(status, headers.get('content-type'), Buffer.from(body, 'latin1').toString(), told);
  }
}
