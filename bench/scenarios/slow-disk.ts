import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchServer } from '../servers/bench-server.ts';
import { compileSlowSync, NoCompilerError } from '../slow-sync/compile-slow-sync.ts';
import { reportSetup } from './issuance-tables.ts';
import { runSetup, warmUp } from './rounds.ts';
import type { BenchContext, Scenario } from './scenario.ts';

const DELAY_MS = 2;
const CLIENTS = 8;

export const slowDisk: Scenario = {
  name: 'slow-disk',
  summary: `our server on a disk that takes ${DELAY_MS} ms longer for each sync, in turn with itself on this disk`,
  usual: true,
  async run(context) {
    const { report, options } = context;
    const environment = slowSync(context);
    if (environment === undefined) return;
    const slow = await context.startTouchstone({ environment });
    const usual = await context.startTouchstone();
    const servers: readonly BenchServer[] = [
      { ...slow, name: `${DELAY_MS} ms slower` },
      { ...usual, name: 'this disk' },
    ];
    await warmUp(context, servers);
    for (const clients of options.clients ?? [CLIENTS]) {
      const setup = {
        title: `${clients} clients, one name, a slow disk`,
        clients,
        keepAlive: true,
        namesPerOrder: 1,
        transport: options.transport,
        orders: options.orders ?? (options.quick ? 100 : 500),
      };
      reportSetup(report, setup, await runSetup(context, servers, setup));
    }
  },
};

/** The environment of a server whose disk is slow; undefined, and a note, where there is no compiler. */
function slowSync({ paths, report, defer }: BenchContext): Readonly<Record<string, string>> | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-slow-sync-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return compileSlowSync(paths.slowSyncSource, folder, DELAY_MS);
  } catch (error) {
    if (!(error instanceof NoCompilerError)) throw error;
    report.note(error.message);
    return undefined;
  }
}
