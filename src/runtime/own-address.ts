import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Why this host cannot send from the (literal) address, as the operating system's code; undefined when it can. */
export function obstacleToOwnAddress(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = (code: string | undefined): void => {
      socket.close();
      resolve(code);
    };
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.bind({ address, port: 0, exclusive: true }, () => end(undefined));
  });
}
