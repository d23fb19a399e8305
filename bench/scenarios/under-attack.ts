import { openAttacker } from '../load/attacker.ts';
import { prepareOrders } from '../load/prepare-orders.ts';
import type { Fleet } from '../load/run-load.ts';
import { openFleet } from '../load/run-load.ts';
import { p99, percentile, rangeOf } from '../measure/statistics.ts';
import { figure, figureOfRange } from '../report/figures.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { BlackHoles } from '../world/black-holes.ts';
import { startBlackHoles } from '../world/black-holes.ts';
import type { SlowClients } from '../world/slow-clients.ts';
import { startSlowClients } from '../world/slow-clients.ts';
import { warmUp } from './rounds.ts';
import type { BenchContext, Scenario } from './scenario.ts';

const CLIENTS = 4;
const ORDERS = 500;
const SLOW_CLIENTS = 1000;
const BLACK_HOLES = 32;
/** The flood: so many challenges of one account. */
const FLOOD_CHALLENGES = 500;

const CONDITIONS = ['idle', 'slow connections', 'idle again', 'silent targets', 'both'] as const;
type Condition = (typeof CONDITIONS)[number];

interface Round {
  readonly condition: Condition;
  readonly orderMs: readonly number[];
  readonly cpuMsPerOrder: number;
  readonly loopDelayP99Ms: number;
}

export const underAttack: Scenario = {
  name: 'under-attack',
  summary: `orders of others beside ${SLOW_CLIENTS} slow connections and ${FLOOD_CHALLENGES} silent targets of one account`,
  usual: false,
  async run(context) {
    const { options, report, world, paths } = context;
    const holes = await startBlackHoles(paths.blackHolesThread, BLACK_HOLES, world.httpPort);
    context.defer(() => holes.close());
    const rounds: Round[] = [];
    const pairs = options.pairs ?? (options.quick ? 1 : 3);
    for (let pair = 0; pair < pairs; pair += 1) rounds.push(...(await runOnce(context, holes)));
    report.record('under-attack', rounds);
    report.table(tableOf(rounds));
  },
};

/** Every condition against a server of its own, since the flood outlasts what is measured. */
async function runOnce(context: BenchContext, holes: BlackHoles): Promise<readonly Round[]> {
  const hosts = holes.addresses.map((address, index) => [`dns.hosts.*.hole${index}.test`, address] as const);
  const server = await context.startTouchstone({ settings: Object.fromEntries(hosts) });
  await warmUp(context, [server]);
  const fleet = await openFleet({
    server,
    responder: context.world.responder,
    clients: context.options.clients?.[0] ?? CLIENTS,
    keepAlive: true,
    transport: context.options.transport,
  });
  const rounds: Round[] = [];
  const measure = async (condition: Condition): Promise<void> =>
    void rounds.push(await runRound(context, fleet, condition, server));
  await measure('idle');
  let slow = await attackSlowly(context, server);
  await measure('slow connections');
  await slow.close();
  await measure('idle again');
  const isStanding = await flood(context, server);
  await measure('silent targets');
  slow = await attackSlowly(context, server);
  await measure('both');
  context.report.progress(`  the server has closed ${slow.closed()} slow connections meanwhile`);
  await slow.close();
  if (!(await isStanding()))
    throw new Error('The flood was over before the last round: it measured nothing.');
  fleet.close();
  await server.stop();
  return rounds;
}

/** What costs is less that they stand than that the server closes them and they come back: so it is measured then. */
async function attackSlowly({ paths, options }: BenchContext, server: BenchServer): Promise<SlowClients> {
  const slow = await startSlowClients(paths.slowClientsThread, server, SLOW_CLIENTS);
  if (!options.quick) await slow.firstClosed();
  return slow;
}

async function runRound(
  { options, report }: BenchContext,
  fleet: Fleet,
  condition: Condition,
  server: BenchServer,
): Promise<Round> {
  const count = options.orders ?? (options.quick ? 100 : ORDERS);
  const batch = process.hrtime.bigint().toString(36);
  const orders = await prepareOrders({ count, namesPerOrder: 1, batch });
  await server.takeLoopDelay?.();
  const result = await fleet.run(orders);
  const loopDelayP99Ms = (await server.takeLoopDelay?.())?.p99 ?? Number.NaN;
  const reason = result.lost ?? result.recorder.failures[0];
  if (reason !== undefined) throw new Error(`${condition}: an order failed: ${reason}`);
  const { orderMs } = result.recorder;
  report.progress(
    `  ${condition}: p50 ${figure(percentile(orderMs, 0.5))} ms, p99 ${figure(p99(orderMs))} ms, ` +
      `event loop p99 ${figure(loopDelayP99Ms)} ms late`,
  );
  return { condition, orderMs, cpuMsPerOrder: result.serverCpuMs / result.issued, loopDelayP99Ms };
}

/** Answers challenges whose targets are black holes, by one account. The returned function says whether they hang still. */
async function flood({ options }: BenchContext, server: BenchServer): Promise<() => Promise<boolean>> {
  const attacker = await openAttacker(server, options.transport);
  await attacker.answerChallenges(
    Array.from({ length: FLOOD_CHALLENGES }, (_, name) => `n${name}.hole${name % BLACK_HOLES}.test`),
  );
  return async () => {
    const isStanding = await attacker.isUndecided();
    attacker.close();
    return isStanding;
  };
}

function tableOf(rounds: readonly Round[]) {
  const of = (condition: Condition) => rounds.filter((round) => round.condition === condition);
  const spread = (condition: Condition, value: (samples: readonly number[]) => number) =>
    rangeOf(of(condition).map(({ orderMs }) => value(orderMs)));
  const p50 = (samples: readonly number[]) => percentile(samples, 0.5);
  const idle = { p50: spread('idle', p50).median, p99: spread('idle', p99).median };
  const rows = CONDITIONS.map((condition) => {
    const [half, tail] = [spread(condition, p50), spread(condition, p99)];
    return [
      condition,
      figureOfRange(half),
      figureOfRange(tail),
      figure(half.median / idle.p50),
      figure(tail.median / idle.p99),
      figureOfRange(rangeOf(of(condition).map(({ cpuMsPerOrder }) => cpuMsPerOrder))),
      figureOfRange(rangeOf(of(condition).map(({ loopDelayP99Ms }) => loopDelayP99Ms))),
    ];
  });
  return {
    title: 'Whole orders of other accounts beside an attack',
    columns: ['', 'p50 ms', 'p99 ms', 'p50 / idle', 'p99 / idle', 'CPU ms an order', 'loop p99 ms'],
    rows,
    notes: [
      `${SLOW_CLIENTS} connections that send a byte a second and come back when they are closed; ${FLOOD_CHALLENGES} ` +
        `challenges of one account at ${BLACK_HOLES} addresses that never answer. The generator shares the machine.`,
    ],
  };
}
