import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchServer } from '../servers/bench-server.ts';
import { seedStore } from '../world/seed-store.ts';
import { reportSetup } from './issuance-tables.ts';
import { runSetup, warmUp } from './rounds.ts';
import type { Scenario } from './scenario.ts';

/** The large one first: the last column is then what the stored orders cost. */
const SIZES = [100_000, 1_000] as const;
const QUICK_SIZES = [2_000, 100] as const;
const CLIENTS = 8;

export const storeSize: Scenario = {
  name: 'store-size',
  summary: `our server on a store of ${SIZES[0]} orders, in turn with itself on one of ${SIZES[1]}`,
  usual: true,
  async run(context) {
    const { report, options, defer } = context;
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-store-size-'));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const servers: BenchServer[] = [];
    for (const size of options.quick ? QUICK_SIZES : SIZES) {
      const dataFolder = join(folder, String(size));
      report.progress(`Storing ${size} orders ...`);
      await seedStore(dataFolder, size);
      servers.push({ ...(await context.startTouchstone({ dataFolder })), name: `${size} orders` });
    }
    await warmUp(context, servers);
    for (const clients of options.clients ?? [CLIENTS]) {
      const setup = {
        title: `${clients} clients, one name, small and large stores`,
        clients,
        keepAlive: true,
        namesPerOrder: 1,
        transport: options.transport,
        orders: options.orders ?? (options.quick ? 100 : 800),
      };
      reportSetup(report, setup, await runSetup(context, servers, setup));
    }
  },
};
