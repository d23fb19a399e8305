import type { Socket } from 'node:net';
import type { Network } from '../runtime/network.ts';
import type { Randomness } from '../runtime/randomness.ts';
import type { Timer } from '../runtime/timer.ts';
import type { DecodedMessage, DnsQuestion } from './dns-message.ts';
import { decodeResponse, encodeQuery, messageId } from './dns-message.ts';
import type { ExchangeResult } from './exchange.ts';
import type { ServerAddress } from './server-address.ts';

export interface TcpDependencies {
  readonly network: Network;
  readonly timer: Timer;
  readonly randomness: Randomness;
}

/** Nobody else can speak on the connection, so that a server which sends this much of something else never answers. */
const MAX_OTHER_MESSAGES = 16;
const NOT_THE_ANSWER = `${MAX_OTHER_MESSAGES} messages over TCP, and none answers the question`;
const UNRELATED: DecodedMessage = { kind: 'unrelated' };

/**
 * Asks over TCP (RFC 7766), on a connection of its own: for answers that do not fit into a datagram. `budgetMs` holds
 * for connecting and answering together. Never rejects.
 */
export async function askOverTcp(
  dependencies: TcpDependencies,
  server: ServerAddress,
  question: DnsQuestion,
  budgetMs: number,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  const { network, timer, randomness } = dependencies;
  const startedAt = timer.now();
  const dialled = await network.connect(server, budgetMs, signal);
  switch (dialled.outcome) {
    case 'connected': {
      const [high = 0, low = 0] = randomness.bytes(2);
      const remainingMs = Math.max(0, budgetMs - (timer.now() - startedAt));
      return await converse(dialled.socket, timer, high * 256 + low, question, remainingMs, signal);
    }
    case 'timeout':
    case 'aborted':
      return { kind: dialled.outcome };
    default:
      return { kind: 'network-error', reason: `TCP: ${dialled.code ?? dialled.outcome}` };
  }
}

function converse(
  socket: Socket,
  timer: Timer,
  id: number,
  question: DnsQuestion,
  budgetMs: number,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    const finish = (result: ExchangeResult) => {
      cancelTimeout();
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners('data');
      socket.destroy();
      resolve(result);
    };
    const onAbort = () => finish({ kind: 'aborted' });
    const cancelTimeout = timer.after(budgetMs, () => finish({ kind: 'timeout' }));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    socket.on('error', (error) => finish({ kind: 'network-error', reason: `TCP: ${error.message}` }));
    const onClose = () =>
      finish({ kind: 'network-error', reason: 'TCP: the server closed without an answer' });
    socket.on('close', onClose);
    // Closed between connecting and listening: no event will tell.
    if (socket.destroyed) onClose();
    let others = 0;
    socket.on(
      'data',
      frameReader((message) => {
        const decoded = messageId(message) === id ? decodeResponse(message, question) : UNRELATED;
        if (decoded.kind !== 'unrelated') finish(wholeAnswer(decoded));
        else others += 1;
        if (others === MAX_OTHER_MESSAGES) finish({ kind: 'malformed', reason: NOT_THE_ANSWER });
        return decoded.kind === 'unrelated' && others < MAX_OTHER_MESSAGES;
      }),
    );
    const message = encodeQuery(id, question);
    socket.write(Uint8Array.of(message.length >> 8, message.length & 0xff, ...message));
  });
}

/** TCP has room for all of an answer. */
function wholeAnswer(decoded: Exclude<DecodedMessage, { kind: 'unrelated' }>): ExchangeResult {
  const cut = decoded.kind === 'response' && decoded.response.truncated;
  return cut ? { kind: 'malformed', reason: 'it is cut short over TCP as well' } : decoded;
}

/**
 * Cuts a stream into messages: RFC 1035 section 4.2.2, two bytes of length before each; `onMessage` says whether it wants
 * more. Keeps one message at most, and copies what it keeps once a chunk, however many messages a hostile server puts
 * into one.
 */
function frameReader(onMessage: (message: Uint8Array) => boolean): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let buffered = 0;
  let needed = 2;
  return (chunk) => {
    chunks.push(chunk);
    buffered += chunk.length;
    if (buffered < needed) return;
    let rest = Buffer.concat(chunks);
    for (;;) {
      needed = rest.length < 2 ? 2 : 2 + rest.readUInt16BE(0);
      if (rest.length < needed) break;
      if (!onMessage(rest.subarray(2, needed))) break;
      rest = rest.subarray(needed);
    }
    chunks = [rest];
    buffered = rest.length;
  };
}
