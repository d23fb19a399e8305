import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Timer } from './timer.ts';

/** A request, and the answer to it that is not on its way yet. */
export interface OwedAnswer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Knows what a server's connections owe. */
export interface OwedAnswers {
  /** The answers that the connection owes, in the order of their requests: several when these are pipelined. */
  owedOn(socket: Duplex): readonly OwedAnswer[];
  /** True while the body of a request still comes in that has been answered already. */
  isAnsweredEarly(socket: Duplex): boolean;
}

/**
 * Time for the rest of a body that was answered without being read to its end: long enough for a client to see its answer
 * before the connection is cut under it, since a body may be endless.
 */
const UNREAD_BODY_MS = 2_000;

/** Follows a server's requests from here on. `onAnswered` is told of each connection that owes nothing any more. */
export function trackAnswers(
  server: Server,
  timer: Timer,
  onAnswered: (socket: IncomingMessage['socket']) => void,
): OwedAnswers {
  const owed = new Map<Duplex, OwedAnswer[]>();
  const answeredEarly = new WeakMap<Duplex, IncomingMessage>();
  const owedOn = (socket: Duplex): readonly OwedAnswer[] => owed.get(socket) ?? [];

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const answer = { request, response };
    const queue = owed.get(socket) ?? [];
    queue.push(answer);
    owed.set(socket, queue);
    response.on('close', () => {
      queue.splice(queue.indexOf(answer), 1);
      if (queue.length === 0) owed.delete(socket);
      if (!request.complete) {
        answeredEarly.set(socket, request);
        cutUnreadBody(request, timer);
      }
      if (queue.length === 0) onAnswered(socket);
    });
  });

  return { owedOn, isAnsweredEarly: (socket) => answeredEarly.get(socket)?.complete === false };
}

function cutUnreadBody(request: IncomingMessage, timer: Timer): void {
  const { socket } = request;
  if (socket.destroyed) return;
  // A connection outlives many requests, so each must leave nothing on it.
  const settle = (): void => {
    cancel();
    socket.off('close', settle);
    request.off('end', settle);
  };
  const cancel = timer.after(UNREAD_BODY_MS, () => {
    settle();
    if (!request.complete) socket.destroy();
  });
  socket.on('close', settle);
  request.on('end', settle);
}
