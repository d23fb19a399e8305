import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Randomness } from '../runtime/randomness.ts';
import type { DnsQuestion } from './dns-message.ts';
import { decodeResponse, encodeQuery, messageId } from './dns-message.ts';
import type { ExchangeResult } from './exchange.ts';
import type { ServerAddress } from './server-address.ts';

/** What a query hears: exactly once, and nothing after `cancel`. */
export type UdpListener = (
  result: Extract<ExchangeResult, { kind: 'response' | 'malformed' | 'network-error' }>,
) => void;

/** A UDP socket connected to one server: the kernel drops what comes from anywhere else. */
export interface UdpSocket {
  /** Queries that wait for their answer. */
  readonly waiting: number;
  /** False once an error or `close` has ended it: it takes no further queries. */
  readonly usable: boolean;
  /** Sends a query, and tells the listener of its answer; the returned function forgets it. */
  send(question: DnsQuestion, listener: UdpListener): () => void;
  /** Takes no further queries, and closes as soon as none is waiting. */
  retire(): void;
  /** Closes at once; what waits hears a network error with the reason. */
  close(reason: string): void;
}

interface WaitingQuery {
  readonly question: DnsQuestion;
  readonly message: Uint8Array;
  readonly listener: UdpListener;
}

/** Opens a socket on a port of the kernel's choice, which is random (RFC 5452 section 9.2). */
export function openUdpSocket(server: ServerAddress, randomness: Randomness): UdpSocket {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
  const waiting = new Map<number, WaitingQuery>();
  let state: 'connecting' | 'open' | 'retired' | 'closed' = 'connecting';
  let connected = false;

  const transmit = (message: Uint8Array) =>
    socket.send(message, (error) => {
      if (error !== null) close(error.message);
    });

  const take = (id: number): WaitingQuery | undefined => {
    const query = waiting.get(id);
    waiting.delete(id);
    if (waiting.size > 0) return query;
    // An idle socket must not keep the process alive.
    if (state === 'retired') close('');
    else if (state !== 'closed') socket.unref();
    return query;
  };

  function close(reason: string): void {
    if (state === 'closed') return;
    state = 'closed';
    const abandoned = [...waiting.values()];
    waiting.clear();
    socket.close();
    for (const query of abandoned) query.listener({ kind: 'network-error', reason });
  }

  socket.on('error', (error) => close(error.message));
  socket.on('message', (message) => {
    const id = messageId(message);
    const query = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || query === undefined) return;
    const decoded = decodeResponse(message, query.question);
    if (decoded.kind !== 'unrelated') take(id)?.listener(decoded);
  });
  socket.on('connect', () => {
    if (state === 'closed') return;
    connected = true;
    if (state === 'connecting') state = 'open';
    for (const query of waiting.values()) transmit(query.message);
  });
  socket.connect(server.port, server.address);

  return {
    get waiting() {
      return waiting.size;
    },
    get usable() {
      return state === 'connecting' || state === 'open';
    },
    send(question, listener) {
      const id = freeId(randomness, waiting);
      const query = { question, message: encodeQuery(id, question), listener };
      // Before anything is awaited: two queries that pick an id and then wait for the socket could collide.
      waiting.set(id, query);
      socket.ref();
      if (connected) transmit(query.message);
      return () => {
        if (waiting.get(id) === query) take(id);
      };
    },
    retire() {
      if (state === 'closed') return;
      state = 'retired';
      if (waiting.size === 0) close('');
    },
    close,
  };
}

/** RFC 5452 section 9.1: unpredictable, and not in use. */
function freeId(randomness: Randomness, taken: ReadonlyMap<number, unknown>): number {
  const [high = 0, low = 0] = randomness.bytes(2);
  let id = high * 256 + low;
  while (taken.has(id)) id = (id + 1) % 65536;
  return id;
}
