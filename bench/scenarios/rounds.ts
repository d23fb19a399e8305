import type { Transport } from '../load/channel.ts';
import { prepareOrders } from '../load/prepare-orders.ts';
import type { Recorder } from '../load/recorder.ts';
import type { Fleet, LoadResult } from '../load/run-load.ts';
import { openFleet } from '../load/run-load.ts';
import { inTurn } from '../measure/in-turn.ts';
import type { LoopDelay } from '../measure/loop-delay.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { BenchContext } from './scenario.ts';

/** One way to load the servers. */
export interface Setup {
  readonly title: string;
  readonly clients: number;
  readonly keepAlive: boolean;
  readonly namesPerOrder: number;
  readonly transport: Transport;
  readonly orders: number;
}

/** One run of a setup against one server. */
export interface Round extends LoadResult {
  readonly server: string;
  readonly pid: number;
  readonly loopDelay?: LoopDelay;
  /** What registering the clients of this round had taken. */
  readonly registration: Recorder;
}

/** Enough for a server that is compared with itself. */
const WARM_UP_ORDERS = 400;
const WARM_UP_CLIENTS = 8;

/** Has every server issue; the number is the user's where one was given. */
export async function warmUp(
  context: BenchContext,
  servers: readonly BenchServer[],
  count = context.options.warmUp ?? (context.options.quick ? 40 : WARM_UP_ORDERS),
): Promise<void> {
  for (const server of servers) {
    context.report.progress(`Warming ${server.name} up with ${count} orders ...`);
    const fleet = await fleetFor(context, server, {
      clients: WARM_UP_CLIENTS,
      keepAlive: true,
      transport: context.options.transport,
    });
    const result = await fleet.run(await prepareOrders({ count, namesPerOrder: 1, batch: nextBatch() }));
    fleet.close();
    const reason = result.lost ?? result.recorder.failures[0];
    if (reason !== undefined) throw new Error(`${server.name} does not issue: ${reason}`);
  }
}

function fleetFor(
  context: BenchContext,
  server: BenchServer,
  setup: Pick<Setup, 'clients' | 'keepAlive' | 'transport'>,
): Promise<Fleet> {
  const { clients, keepAlive, transport } = setup;
  return openFleet({ server, responder: context.world.responder, clients, keepAlive, transport });
}

/** A B, B A, A B: what the machine does beside falls on both alike, and neither is always the first. */
export async function runSetup(
  context: BenchContext,
  servers: readonly BenchServer[],
  setup: Setup,
  pairs = context.options.pairs ?? (context.options.quick ? 1 : 3),
): Promise<readonly Round[]> {
  context.report.progress(`\n${setup.title}: ${pairs} x ${setup.orders} orders for each server ...`);
  const rounds: Round[] = [];
  const fleets: { readonly server: BenchServer; readonly fleet: Fleet }[] = [];
  for (const server of servers) fleets.push({ server, fleet: await fleetFor(context, server, setup) });
  try {
    for (let pair = 0; pair < pairs; pair += 1)
      for (const { server, fleet } of inTurn(fleets, pair))
        rounds.push(await runRound(context, server, fleet, setup));
  } finally {
    for (const { fleet } of fleets) fleet.close();
  }
  return rounds;
}

async function runRound(
  context: BenchContext,
  server: BenchServer,
  fleet: Fleet,
  setup: Setup,
): Promise<Round> {
  const { orders: count, namesPerOrder } = setup;
  const orders = await prepareOrders({ count, namesPerOrder, batch: nextBatch() });
  await server.takeLoopDelay?.();
  const result = await fleet.run(orders);
  const loopDelay = await server.takeLoopDelay?.();
  const perOrder = (result.serverCpuMs / result.issued).toFixed(2);
  const rate = (result.issued / result.seconds).toFixed(0);
  context.report.progress(`  ${server.name}: ${perOrder} ms of CPU an order, ${rate} orders/s`);
  return {
    ...result,
    server: server.name,
    pid: server.pid,
    registration: fleet.registration,
    ...(loopDelay === undefined ? {} : { loopDelay }),
  };
}

/** Short, and different at every call of this and every other run. */
function nextBatch(): string {
  return process.hrtime.bigint().toString(36);
}
