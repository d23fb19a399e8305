import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

export interface BlackHole {
  readonly port: number;
  stop(): Promise<void>;
}

/** Listens with the shortest queue, says its port, and never runs again: nobody accepts. */
const PROGRAM = `
const { createServer } = require('node:net');
const { writeSync } = require('node:fs');
const [host, port] = process.argv.slice(1);
const server = createServer();
server.on('error', (error) => { writeSync(2, String(error)); process.exit(1); });
server.listen({ host, port: Number(port), backlog: 1 }, () => {
  writeSync(1, server.address().port + '\\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
`;
/** A queue of 1 holds two connections; the kernel drops every SYN after that. */
const QUEUE_FILLERS = 2;

/**
 * An address and port at which connections time out while connecting, on real sockets and without root. Port 0 picks a
 * free one.
 */
export async function startBlackHole(address: '127.0.0.1' | '::1', port = 0): Promise<BlackHole> {
  const child = spawn(process.execPath, ['-e', PROGRAM, address, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const said = await Promise.race([once(child.stdout, 'data'), exited.then(() => undefined)]);
  if (said === undefined) throw new Error(`The black hole at ${address} port ${port} could not listen.`);
  const listening = Number(String(said[0]));
  const fillers: Socket[] = [];
  for (let count = 0; count < QUEUE_FILLERS; count += 1) {
    const socket = connect({ host: address, port: listening });
    socket.on('error', () => undefined);
    fillers.push(socket);
    await once(socket, 'connect');
  }
  return {
    port: listening,
    stop: async () => {
      for (const socket of fillers) socket.destroy();
      child.kill('SIGKILL');
      await exited;
    },
  };
}
