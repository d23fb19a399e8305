import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Randomness } from '../runtime/randomness.ts';
import type { DnsQuestion } from './dns-message.ts';
import { decodeResponse, encodeQuery, messageId } from './dns-message.ts';
import type { ExchangeResult } from './exchange.ts';
import type { ServerAddress } from './server-address.ts';

/** What a query hears: once at most, and nothing after it was forgotten. */
export type UdpListener = (
  result: Extract<ExchangeResult, { kind: 'response' | 'malformed' | 'network-error' }>,
) => void;

interface WaitingQuery {
  readonly question: DnsQuestion;
  readonly message: Uint8Array;
  readonly listener: UdpListener;
}

/**
 * A UDP socket connected to one server, so that the kernel drops what comes from anywhere else, on a local port of the
 * kernel's choice, which is random (RFC 5452 section 9.2). An idle one does not keep the process alive.
 */
export class UdpSocket {
  readonly #socket: Socket;
  readonly #randomness: Randomness;
  readonly #waiting = new Map<number, WaitingQuery>();
  #state: 'connecting' | 'open' | 'closed' = 'connecting';
  #retired = false;

  /** Sends from the local address where one is given; one that this host does not have is an error as any other. */
  constructor(server: ServerAddress, randomness: Randomness, localAddress?: string) {
    this.#randomness = randomness;
    this.#socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    this.#socket.on('error', (error) => this.close(error.message));
    this.#socket.on('message', (message) => this.#receive(message));
    this.#socket.on('connect', () => this.#open());
    if (localAddress !== undefined) this.#socket.bind({ address: localAddress, port: 0, exclusive: true });
    this.#socket.connect(server.port, server.address);
  }

  /** Queries that wait for their answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** False once an error, `close` or `retire` has ended it: it takes no further queries. */
  get usable(): boolean {
    return this.#state !== 'closed' && !this.#retired;
  }

  /** Sends a query, and tells the listener of its answer; the returned function forgets it. */
  send(question: DnsQuestion, listener: UdpListener): () => void {
    const id = this.#freeId();
    const query = { question, message: encodeQuery(id, question), listener };
    // Before anything is awaited: two queries that pick an id and then wait for the socket could collide.
    this.#waiting.set(id, query);
    this.#socket.ref();
    if (this.#state === 'open') this.#transmit(query.message);
    return () => {
      if (this.#waiting.get(id) === query) this.#forget(id);
    };
  }

  /** Takes no further queries, and closes as soon as none is waiting. */
  retire(): void {
    this.#retired = true;
    if (this.#waiting.size === 0) this.close('retired');
  }

  /** Closes at once; what waits hears a network error with the reason. */
  close(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const abandoned = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#socket.close();
    for (const query of abandoned) query.listener({ kind: 'network-error', reason });
  }

  #open(): void {
    if (this.#state === 'closed') return;
    this.#state = 'open';
    for (const query of this.#waiting.values()) this.#transmit(query.message);
  }

  #transmit(message: Uint8Array): void {
    this.#socket.send(message, (error) => {
      if (error !== null) this.close(error.message);
    });
  }

  #receive(message: Uint8Array): void {
    const id = messageId(message);
    const query = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || query === undefined) return;
    const decoded = decodeResponse(message, query.question);
    if (decoded.kind === 'unrelated') return;
    this.#forget(id);
    query.listener(decoded);
  }

  #forget(id: number): void {
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    if (this.#retired) this.close('retired');
    else this.#socket.unref();
  }

  /** RFC 5452 section 9.1: unpredictable, and not in use. */
  #freeId(): number {
    const [high = 0, low = 0] = this.#randomness.bytes(2);
    let id = high * 256 + low;
    while (this.#waiting.has(id)) id = (id + 1) % 65536;
    return id;
  }
}
