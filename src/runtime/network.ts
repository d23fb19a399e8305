import type { Socket } from 'node:net';
import { connect as connectSocket, isIP } from 'node:net';
import type { LocalAddresses } from './local-addresses.ts';
import { localAddressFor } from './local-addresses.ts';
import type { Timer } from './timer.ts';

/** Where to dial: a literal IPv4 or IPv6 address (no brackets), never a name. */
export interface DialTarget {
  readonly address: string;
  readonly port: number;
}

export interface ConnectedDial {
  readonly outcome: 'connected';
  /**
   * Owned by the caller from here on. An `error` that comes before the caller listens is swallowed, never unhandled;
   * such a socket is `destroyed`, with the error in `errored`. Nothing has been read: no byte is lost.
   */
  readonly socket: Socket;
  readonly durationMs: number;
}

export type DialFailureOutcome =
  | 'timeout'
  | 'refused'
  | 'host-unreachable'
  | 'network-unreachable'
  | 'reset'
  | 'other';

export interface FailedDial {
  /** `aborted`: the caller's signal ended it. */
  readonly outcome: DialFailureOutcome | 'aborted';
  /** The operating system's code, for instance `ECONNREFUSED`; absent when our own timer or the signal ended it. */
  readonly code?: string;
  readonly durationMs: number;
}

export type DialResult = ConnectedDial | FailedDial;

/** How the CA reaches others over TCP. Passed in, so that a lab can stand in for the real network. */
export interface Network {
  /**
   * Dials exactly the given address, once. `budgetMs` is the time, in milliseconds, until it counts as a timeout. Never
   * rejects: a failure is a result. A dial that did not connect leaves no socket behind.
   */
  connect(target: DialTarget, budgetMs: number, signal?: AbortSignal): Promise<DialResult>;
}

/** EADDRNOTAVAIL, ENETUNREACH and EAFNOSUPPORT are what a host without IPv6 sees, by how it was taken away. */
const OUTCOME_OF_CODE: Readonly<Record<string, DialFailureOutcome>> = {
  // The kernel's own limit on unanswered SYNs can be shorter than the budget.
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EHOSTUNREACH: 'host-unreachable',
  EHOSTDOWN: 'host-unreachable',
  // Linux's for ICMPv6 "administratively prohibited" and "reject route" (RFC 4443 section 3.1); over IPv4 it is EHOSTUNREACH.
  EACCES: 'host-unreachable',
  ENETUNREACH: 'network-unreachable',
  ENETDOWN: 'network-unreachable',
  EADDRNOTAVAIL: 'network-unreachable',
  EAFNOSUPPORT: 'network-unreachable',
};

/** Classes a dial that failed by the operating system's code for it. */
export function dialOutcomeOf(code: string | undefined): DialFailureOutcome {
  return (code === undefined ? undefined : OUTCOME_OF_CODE[code]) ?? 'other';
}

/**
 * The operating system's network. `timer` measures budgets and durations. Dials leave from the local address of their family
 * where one is given; one that this host does not have is `other`, with the code `EADDRNOTAVAIL`.
 */
export function createSystemNetwork(timer: Timer, local: LocalAddresses = {}): Network {
  return {
    connect: (target, budgetMs, signal) =>
      dial(timer, { ...target, from: localAddressFor(target.address, local) }, budgetMs, signal),
  };
}

interface DialPath extends DialTarget {
  /** The local address; the kernel chooses where there is none. */
  readonly from: string | undefined;
}

function dial(
  timer: Timer,
  path: DialPath,
  budgetMs: number,
  signal: AbortSignal | undefined,
): Promise<DialResult> {
  const startedAt = timer.now();
  const elapsed = () => timer.now() - startedAt;
  if (signal?.aborted) return Promise.resolve({ outcome: 'aborted', durationMs: elapsed() });
  const opened = open(path);
  if (typeof opened === 'string') {
    return Promise.resolve({ outcome: 'other', code: opened, durationMs: elapsed() });
  }
  const socket = opened;
  return new Promise((resolve) => {
    const onConnect = () => {
      release();
      resolve({ outcome: 'connected', socket, durationMs: elapsed() });
    };
    const onError = (error: NodeJS.ErrnoException) => {
      const { code, syscall } = error;
      // Before a packet left: of the local address, and not of the way to the other host.
      const outcome = syscall === 'bind' ? 'other' : dialOutcomeOf(code);
      fail(code === undefined ? { outcome } : { outcome, code });
    };
    const onAbort = () => fail({ outcome: 'aborted' });
    const cancelTimeout = timer.after(budgetMs, () => fail({ outcome: 'timeout' }));
    const release = () => {
      cancelTimeout();
      signal?.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect);
      socket.off('error', onError);
    };
    const fail = (failure: Omit<FailedDial, 'durationMs'>) => {
      release();
      socket.destroy();
      resolve({ ...failure, durationMs: elapsed() });
    };
    socket.on('connect', onConnect);
    socket.on('error', onError);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A socket on its way, or the code of the reason why there is none. */
function open({ address: host, port, from }: DialPath): Socket | string {
  const family = isIP(host);
  // A name would be looked up by the system, behind the back of whoever records what was dialled.
  if (family === 0) return 'EINVAL';
  try {
    // autoSelectFamily (on by default since Node 20) would race addresses: exactly one is to be dialled.
    const options = { host, port, family, autoSelectFamily: false, noDelay: true };
    const socket = connectSocket(from === undefined ? options : { ...options, localAddress: from });
    // Stays for the life of the socket: an error between connecting and the caller's own listener would otherwise end
    // the process, since promises are resolved after the event loop has delivered it.
    socket.on('error', () => undefined);
    return socket;
  } catch {
    // A port out of range is thrown, not emitted.
    return 'EINVAL';
  }
}
