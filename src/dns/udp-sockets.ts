import type { Randomness } from '../runtime/randomness.ts';
import type { DnsQuestion } from './dns-message.ts';
import type { ServerAddress } from './server-address.ts';
import type { UdpListener } from './udp-socket.ts';
import { UdpSocket } from './udp-socket.ts';

/** A socket for each query would cost 0.15 ms of CPU an order; a few are enough to spread the source ports. */
const SOCKETS_PER_SERVER = 4;
/** After so many queries a socket makes way for one with another random port. */
const QUERIES_PER_SOCKET = 1000;
/** Far from 65536 ids, so that a free and unpredictable one is always near. */
const WAITING_PER_SOCKET = 4096;

/** The sockets to one server, opened as they are needed. */
export interface UdpSockets {
  /** As UdpSocket: answers come by the listener, the returned function forgets the query. */
  send(question: DnsQuestion, listener: UdpListener): () => void;
  close(reason: string): void;
}

interface Slot {
  readonly socket: UdpSocket;
  queries: number;
}

/** Makes the (still closed) sockets to one server; they send from the local address where one is given. */
export function createUdpSockets(
  server: ServerAddress,
  randomness: Randomness,
  localAddress?: string,
): UdpSockets {
  const slots: (Slot | undefined)[] = Array.from({ length: SOCKETS_PER_SERVER }, () => undefined);
  // Retired sockets that still wait for answers.
  const leaving = new Set<UdpSocket>();

  const socketAt = (index: number): Slot => {
    const slot = slots[index];
    if (slot?.socket.usable && slot.queries < QUERIES_PER_SOCKET) return slot;
    for (const socket of leaving) if (socket.waiting === 0) leaving.delete(socket);
    if (slot?.socket.usable) {
      leaving.add(slot.socket);
      slot.socket.retire();
    }
    const fresh = { socket: new UdpSocket(server, randomness, localAddress), queries: 0 };
    slots[index] = fresh;
    return fresh;
  };

  return {
    send(question, listener) {
      const [byte = 0] = randomness.bytes(1);
      const slot = socketAt(byte % SOCKETS_PER_SERVER);
      if (slot.socket.waiting >= WAITING_PER_SOCKET) {
        listener({ kind: 'network-error', reason: 'too many queries wait for this server' });
        return () => undefined;
      }
      slot.queries += 1;
      return slot.socket.send(question, listener);
    },
    close(reason) {
      for (const slot of slots) slot?.socket.close(reason);
      for (const socket of leaving) socket.close(reason);
    },
  };
}
