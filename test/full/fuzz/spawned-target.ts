import { readFileSync } from 'node:fs';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll } from 'vitest';
import { memoryUse } from '../../../bench/measure/process-usage.ts';
import { startHttp01Responder } from '../../../src/client/http01-responder.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import type { FuzzTarget } from '../../fuzz/fuzz-target.ts';
import { fuzzTarget } from '../../fuzz/fuzz-target.ts';
import type { RunningServer } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

export interface SpawnedTarget extends FuzzTarget {
  readonly server: RunningServer;
  /** Resident memory of the server in MB, without garbage: the lowest seen over some small requests after a collection. */
  residentMb(): Promise<number>;
}

/** The built program, in a process of its own, and a responder that it validates against. */
export async function spawnedTarget(
  settings: Readonly<Record<string, string | number | boolean>> = {},
): Promise<SpawnedTarget> {
  const responder = await startHttp01Responder({ port: 0, timer: systemTimer });
  afterAll(() => responder.close());
  const dataFolder = temporaryFolder(afterAll);
  const server = await startServer({
    dataFolder,
    settings: { 'validation.httpPort': responder.port, ...settings },
    env: { NODE_OPTIONS: `--import=${new URL('collect-garbage.mjs', import.meta.url).href}` },
  });
  afterAll(async () => void (await server.stop()));
  const dispatcher = new Agent({ connect: { ca: readFileSync(server.apiCa) } });
  afterAll(() => dispatcher.close());
  const target = fuzzTarget({
    base: new URL(String(server.directory.ipv4)).origin,
    dataFolder,
    apiCa: server.apiCa,
    fetch: (url, init) =>
      undiciFetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>,
    responder,
    complaints: () => server.log().split('\n').filter(isComplaint),
    cleanUp: (action) => afterAll(action),
  });
  return { ...target, server, residentMb: () => lowestMb(target, server.pid) };
}

/** Warnings are about validations that failed; whatever is no line of the log was written past it. */
function isComplaint(line: string): boolean {
  return line !== '' && !/"level":(?:40|"warn")/.test(line);
}

/** Readings, each after some requests: the collection itself, and what it gives back, take a moment. */
const READINGS = 20;
const REQUESTS_EACH = 10;

async function lowestMb({ send }: FuzzTarget, pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR2');
  let lowest = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < READINGS; reading += 1) {
    for (let count = 0; count < REQUESTS_EACH; count += 1)
      await send({ method: 'GET', path: '/dir', headers: {}, body: '' });
    lowest = Math.min(lowest, memoryUse(pid).rssMb);
  }
  return lowest;
}
