import type { LocalAddresses } from '../runtime/local-addresses.ts';
import { localAddressFor } from '../runtime/local-addresses.ts';
import type { Network } from '../runtime/network.ts';
import type { Randomness } from '../runtime/randomness.ts';
import type { Timer } from '../runtime/timer.ts';
import type { DnsQuestion } from './dns-message.ts';
import type { ExchangeResult } from './exchange.ts';
import type { ServerAddress } from './server-address.ts';
import { formatServerAddress } from './server-address.ts';
import { askOverTcp } from './tcp-exchange.ts';
import { askOverUdp } from './udp-exchange.ts';
import type { UdpSockets } from './udp-sockets.ts';
import { createUdpSockets } from './udp-sockets.ts';

/** Boulder's `dnsTries`: each next try goes to the next server. */
const TRIES = 3;

export interface DnsClientOptions {
  /** Milliseconds that one try waits, over UDP and TCP together. */
  readonly timeoutMs: number;
  /** Dials TCP; its own local addresses are those of TCP. */
  readonly network: Network;
  /** What datagrams are sent from; the kernel chooses unless given. */
  readonly localAddresses?: LocalAddresses;
  readonly timer: Timer;
  readonly randomness: Randomness;
}

/** One look-up under way: what its questions share. */
export interface Course {
  /** The first is asked first; at least one. */
  readonly servers: readonly [ServerAddress, ...ServerAddress[]];
  /** On the timer; no try begins after it. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Whom the next try asks, counted over the servers again and again. */
  next: number;
  tries: number;
}

/** How the tries for one question ended. */
export interface Asked {
  readonly result: ExchangeResult;
  /** The server of the last try. */
  readonly server: string;
  /** The failed tries, in words, in order. */
  readonly failures: readonly string[];
}

export interface ServerTries {
  /** Timeouts and network errors lead to the next server; any answer, also an error, ends the tries. */
  ask(course: Course, question: DnsQuestion): Promise<Asked>;
  close(reason: string): void;
}

/** The tries of one question over the servers; sockets open with the first query. */
export function createServerTries(options: DnsClientOptions): ServerTries {
  const { timer, randomness, timeoutMs, localAddresses = {} } = options;
  const sockets = new Map<string, UdpSockets>();

  const socketsTo = (server: ServerAddress): UdpSockets => {
    const key = formatServerAddress(server);
    const known = sockets.get(key);
    if (known !== undefined) return known;
    const fresh = createUdpSockets(server, randomness, localAddressFor(server.address, localAddresses));
    sockets.set(key, fresh);
    return fresh;
  };

  /** UDP first, and TCP for what does not fit (RFC 7766 section 5). */
  async function attempt(
    server: ServerAddress,
    question: DnsQuestion,
    budgetMs: number,
    signal: AbortSignal,
  ): Promise<ExchangeResult> {
    const startedAt = timer.now();
    const result = await askOverUdp(socketsTo(server), timer, question, budgetMs, signal);
    if (result.kind !== 'response' || !result.response.truncated) return result;
    const remainingMs = Math.max(0, budgetMs - (timer.now() - startedAt));
    return await askOverTcp(options, server, question, remainingMs, signal);
  }

  return {
    async ask(course, question) {
      const failures: string[] = [];
      let last: Asked | undefined;
      for (let index = 0; index < TRIES; index += 1) {
        const budgetMs = Math.min(timeoutMs, course.deadline - timer.now());
        if (budgetMs <= 0) break;
        const target = course.servers[course.next % course.servers.length] ?? course.servers[0];
        const server = formatServerAddress(target);
        course.tries += 1;
        const result = await attempt(target, question, budgetMs, course.signal);
        last = { result, server, failures };
        const failure = failureText(result, budgetMs);
        if (failure === undefined) break;
        failures.push(`${server}: ${failure}`);
        course.next += 1;
      }
      return (
        last ?? { result: { kind: 'timeout' }, server: formatServerAddress(course.servers[0]), failures }
      );
    },
    close(reason) {
      for (const each of sockets.values()) each.close(reason);
      sockets.clear();
    },
  };
}

/** In words, when another try may do better. */
function failureText(result: ExchangeResult, budgetMs: number): string | undefined {
  if (result.kind === 'timeout') return `no answer within ${Math.round(budgetMs)} ms`;
  return result.kind === 'network-error' ? result.reason : undefined;
}
