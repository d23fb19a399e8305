import type { Transport } from '../load/channel.ts';
import { prepareOrders } from '../load/prepare-orders.ts';
import type { Recorder } from '../load/recorder.ts';
import type { Fleet, LoadResult } from '../load/run-load.ts';
import { openFleet } from '../load/run-load.ts';
import type { LoopDelay } from '../measure/loop-delay.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import { reportSetup } from './issuance-tables.ts';
import { reportProfile } from './profile-tables.ts';
import type { BenchContext, Scenario } from './scenario.ts';

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
  readonly loopDelay?: LoopDelay;
  /** What registering the clients of this round had taken. */
  readonly registration: Recorder;
}

/** Until then a JavaScript engine is still compiling, and both servers are growing their heaps. */
const WARM_UP_ORDERS = 400;
const WARM_UP_CLIENTS = 8;

export const issuance: Scenario = {
  name: 'issuance',
  summary: 'whole issuances with http-01: CPU, orders a second, latency, memory, in turn with Pebble',
  usual: true,
  async run(context) {
    const { report, options } = context;
    const ours = await context.startTouchstone(profileOptions(context));
    const servers: BenchServer[] = [ours];
    if (context.startPebble !== undefined) servers.push(await context.startPebble());
    let issued = await warmUp(context, servers);
    for (const setup of setupsOf(context)) {
      const rounds = await runSetup(context, servers, setup);
      reportSetup(report, setup, rounds);
      for (const round of rounds) if (round.server === ours.name) issued += round.issued;
    }
    if (options.profile === undefined) return;
    await ours.stop();
    reportProfile(report, options.profile, issued);
  },
};

function profileOptions({ options }: BenchContext) {
  const { profile } = options;
  return profile === undefined ? {} : { nodeArguments: ['--cpu-prof', `--cpu-prof-dir=${profile}`] };
}

/** Orders of a round: some seconds' worth, and enough for each client that all of them starting at once does not count. */
function usualOrders(clients: number): number {
  return clients === 1 ? 200 : Math.max(800, 12 * clients);
}

function setupsOf({ options }: BenchContext): readonly Setup[] {
  const setup = (clients: number, orders: number, change: Partial<Setup> = {}): Setup => {
    const { keepAlive = true, namesPerOrder = 1, transport = options.transport } = change;
    const title = [
      `${clients} ${clients === 1 ? 'client' : 'clients'}`,
      namesPerOrder === 1 ? 'one name' : `${namesPerOrder} names an order`,
      keepAlive ? 'keep-alive' : 'a new connection for each request',
      ...(transport === 'raw' ? ['light generator'] : []),
    ].join(', ');
    return { title, clients, keepAlive, namesPerOrder, transport, orders: options.orders ?? orders };
  };
  if (options.quick) return (options.clients ?? [8]).map((clients) => setup(clients, 100));
  const kept = (options.clients ?? [1, 8, 32, 128]).map((clients) => setup(clients, usualOrders(clients)));
  if (options.clients !== undefined) return kept;
  return [
    ...kept,
    setup(8, 200, { keepAlive: false }),
    setup(4, 100, { namesPerOrder: 10 }),
    // What each server can do when the clients are elsewhere; one runs on one core, the other on all.
    setup(32, 800, { transport: 'raw' }),
  ];
}

/** Returns how many orders each server has had. */
export async function warmUp(context: BenchContext, servers: readonly BenchServer[]): Promise<number> {
  const count = context.options.quick ? 40 : WARM_UP_ORDERS;
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
  return count;
}

function fleetFor(
  context: BenchContext,
  server: BenchServer,
  setup: Pick<Setup, 'clients' | 'keepAlive' | 'transport'>,
): Promise<Fleet> {
  const { clients, keepAlive, transport } = setup;
  return openFleet({ server, responder: context.world.responder, clients, keepAlive, transport });
}

/** A B A B: what the machine does beside falls on both alike. */
export async function runSetup(
  context: BenchContext,
  servers: readonly BenchServer[],
  setup: Setup,
): Promise<readonly Round[]> {
  const pairs = context.options.pairs ?? (context.options.quick ? 1 : 3);
  context.report.progress(`\n${setup.title}: ${pairs} x ${setup.orders} orders for each server ...`);
  const rounds: Round[] = [];
  const fleets: { readonly server: BenchServer; readonly fleet: Fleet }[] = [];
  for (const server of servers) fleets.push({ server, fleet: await fleetFor(context, server, setup) });
  try {
    for (let pair = 0; pair < pairs; pair += 1)
      for (const { server, fleet } of fleets) rounds.push(await runRound(context, server, fleet, setup));
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
    registration: fleet.registration,
    ...(loopDelay === undefined ? {} : { loopDelay }),
  };
}

/** Short, and different at every call of this and every other run. */
function nextBatch(): string {
  return process.hrtime.bigint().toString(36);
}
