import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunningServer, ServerOptions } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';
import type { SystemCall } from './system-calls.ts';
import { parseSystemCalls } from './system-calls.ts';

/** Whatever writes, syncs, names or sends. */
const CALLS =
  'openat,write,writev,sendto,sendmsg,pwrite64,pwritev,pwritev2,fsync,fdatasync,ftruncate,rename,unlink';

/** Longer than an answer or a page of the database. */
const STRING_BYTES = 20_000;

export interface TracedServer extends RunningServer {
  readonly origin: string;
  /** Stops the server, expects a clean end, and answers all calls that it made. */
  finish(): Promise<readonly SystemCall[]>;
}

/** Each sync takes so much longer, in microseconds: time in which an answer could leave too early. */
const SYNC_DELAY_US = 2000;

/** Starts a server in the folder `data` of `folder` under strace, with syncs as slow as those of a common disk. */
export async function startTracedServer(
  folder: string,
  options: Omit<ServerOptions, 'dataFolder' | 'prefix'>,
): Promise<TracedServer> {
  const trace = join(folder, 'trace.txt');
  const server = await startServer({
    ...options,
    dataFolder: join(folder, 'data'),
    prefix: [
      ...['strace', '-f', '--seccomp-bpf', '-yy', '-x', '-s', String(STRING_BYTES), '-o', trace],
      ...['-e', `trace=${CALLS}`, '-e', `inject=fsync,fdatasync:delay_enter=${SYNC_DELAY_US}`],
    ],
  });
  // A test that fails leaves no server and no tracer.
  onTestFinished(() => server.kill());
  return {
    ...server,
    origin: new URL(server.directory.localhost).origin,
    async finish() {
      const code = await server.stop();
      if (code !== 0) throw new Error(`the server ended with ${code}:\n${server.log()}`);
      return parseSystemCalls(readFileSync(trace, 'latin1'));
    },
  };
}
