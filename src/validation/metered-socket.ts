import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export interface MeteredSocket {
  readonly stream: Duplex;
  /** From now on whatever arrives is passed on. */
  unlimit(): void;
}

/**
 * Passes on what `socket` receives up to `maxBytes`, and ends with what `overrun` makes before a byte more is passed on. A
 * TLS socket over a plain one takes its bytes where JavaScript sees none of them, up to 2 MB at a time, so a count that is
 * read from outside comes too late. Whoever destroys the stream destroys the socket.
 */
export function meterSocket(socket: Socket, maxBytes: number, overrun: () => Error): MeteredSocket {
  let left = maxBytes;
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, (error) => done(error)),
    final: (done) => void socket.end(() => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) stream.destroy(overrun());
    else if (!stream.push(chunk)) socket.pause();
  });
  socket.once('end', () => stream.push(null));
  socket.on('error', (error) => void stream.destroy(error));
  socket.once('close', () => void stream.destroy());
  return {
    stream,
    unlimit: () => {
      left = Number.POSITIVE_INFINITY;
    },
  };
}
