import type { Server } from 'node:net';

/** A number of connections that several servers share. */
export interface ConnectionLimit {
  /** Counts the server's connections from here on; to be called before it listens. */
  include(server: Server): void;
}

/** Lower than the number of connections that a server has when it has none. */
const REFUSE_ALL = -1;

/**
 * Closes further connections as they come once `most` stand on the servers together. `onFull` is called when that begins,
 * and again only after room has been made for a tenth of them.
 */
export function shareConnections(most: number, onFull: () => void): ConnectionLimit {
  const standing = new Map<Server, number>();
  let total = 0;
  let isFull = false;
  // A server looks at its own number before it accepts, so that what is refused costs no handshake. It takes 0 for no limit.
  const adjust = (): void => {
    for (const [server, own] of standing) server.maxConnections = own + most - total || REFUSE_ALL;
  };
  const count = (server: Server, change: 1 | -1): void => {
    total += change;
    standing.set(server, (standing.get(server) ?? 0) + change);
    if (total <= most * 0.9) isFull = false;
    adjust();
  };
  return {
    include(server) {
      standing.set(server, 0);
      adjust();
      server.on('connection', (socket) => {
        count(server, 1);
        socket.once('close', () => count(server, -1));
      });
      server.on('drop', () => {
        if (!isFull) onFull();
        isFull = true;
      });
    },
  };
}
