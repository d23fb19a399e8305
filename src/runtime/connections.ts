import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { OwedAnswers } from './owed-answers.ts';
import { trackAnswers } from './owed-answers.ts';
import type { Timer } from './timer.ts';

/** Knows a server's connections, and which of them owe an answer, so that it can be closed without losing one. */
export interface Connections {
  readonly answers: OwedAnswers;
  /** Stops accepting, closes idle connections at once, others when they have answered, and all after the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** Follows the connections of a server from here on; to be called before it listens. */
export function trackConnections(
  server: Server & Partial<Pick<TlsServer, 'setSecureContext'>>,
  timer: Timer,
): Connections {
  const sockets = new Set<Socket>();
  const handshaking = new Map<string, Socket>();
  const isTls = server.setSecureContext !== undefined;
  let closing = false;

  const add = (socket: Socket): void => {
    if (closing) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  server.on('connection', (socket: Socket) => {
    if (!isTls) return add(socket);
    // Until its handshake is done a TLS connection is known by its TCP socket alone.
    const key = peerOf(socket);
    handshaking.set(key, socket);
    socket.on('close', () => {
      if (handshaking.get(key) === socket) handshaking.delete(key);
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    handshaking.delete(peerOf(socket));
    add(socket);
  });
  const answers = trackAnswers(server, timer, (socket) => {
    if (closing) socket.destroySoon();
  });

  return {
    answers,
    close: (deadlineMs) => {
      closing = true;
      const all = () => [...sockets, ...handshaking.values()];
      const closed = closeServer(server, timer, deadlineMs, all);
      for (const socket of handshaking.values()) socket.destroy();
      for (const socket of sockets) {
        const last = answers.owedOn(socket).at(-1);
        if (last === undefined) socket.destroy();
        else if (!last.response.headersSent) last.response.setHeader('Connection', 'close');
      }
      return closed;
    },
  };
}

/** Stops accepting, and resolves when the last connection is gone; at the deadline it cuts those that are left. */
function closeServer(
  server: Server,
  timer: Timer,
  deadlineMs: number,
  connections: () => readonly Socket[],
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timer.after(deadlineMs, () => {
      for (const socket of connections()) socket.destroy();
    });
    server.close(() => {
      cancel();
      resolve();
    });
  });
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
