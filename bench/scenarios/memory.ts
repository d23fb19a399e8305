import { setTimeout as pause } from 'node:timers/promises';
import { prepareOrders } from '../load/prepare-orders.ts';
import type { Fleet } from '../load/run-load.ts';
import { openFleet } from '../load/run-load.ts';
import { memoryUse } from '../measure/process-usage.ts';
import { median } from '../measure/statistics.ts';
import { figure } from '../report/figures.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { BenchContext, Scenario } from './scenario.ts';

/** Where the resident memory is compared: the second may be a tenth above the first. */
const MARKS = [10_000, 50_000] as const;
const QUICK_MARKS = [200, 400] as const;
const MANY_CLIENTS = 128;
const GROWTH_CLIENTS = 8;
/** Orders prepared at a time: their CSRs are this process's own memory. */
const PORTION = 1_000;
/** A collector of garbage that works when there is nothing else to do has had its time after this. */
const SETTLE_MS = 5_000;

interface Sample {
  readonly title: string;
  readonly rssMb: number;
}

export const memory: Scenario = {
  name: 'memory',
  summary: `resident memory: idle, at ${MANY_CLIENTS} clients, and after ${MARKS.join(' and ')} real issuances (takes minutes)`,
  usual: false,
  async run(context) {
    const samples = new Map<string, readonly Sample[]>();
    const ours = await context.startTouchstone({ probe: false });
    samples.set(ours.name, await measure(context, ours, marksOf(context)));
    await ours.stop();
    if (context.startPebble !== undefined) {
      const pebble = await context.startPebble();
      // All of it in memory, and slower with each: the first mark tells enough.
      samples.set(pebble.name, await measure(context, pebble, marksOf(context).slice(0, 1)));
    }
    report(context, samples);
  },
};

function settleMs({ options }: BenchContext): number {
  return options.quick ? 500 : SETTLE_MS;
}

function marksOf({ options }: BenchContext): readonly number[] {
  if (options.orders !== undefined) return [Math.ceil(options.orders / 5), options.orders];
  return options.quick ? QUICK_MARKS : MARKS;
}

async function measure(
  context: BenchContext,
  server: BenchServer,
  marks: readonly number[],
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const settled = async (title: string): Promise<void> => {
    await pause(settleMs(context));
    samples.push({ title, rssMb: await restingRss(server.pid) });
  };
  context.report.progress(`\n${server.name}: memory, with ${marks.join(' and then ')} issuances ...`);
  await settled('idle after its start');
  const many = await fleetOf(context, server, context.options.clients?.[0] ?? MANY_CLIENTS);
  const count = context.options.quick ? 150 : 2_000;
  samples.push({ title: `highest at ${many.clients} clients`, rssMb: await issue(context, many, count) });
  many.close();
  await settled('idle after these');
  const few = await fleetOf(context, server, GROWTH_CLIENTS);
  let issued = count;
  for (const mark of marks) {
    const highest = await issue(context, few, Math.max(1, mark - issued));
    issued = Math.max(issued, mark);
    samples.push({ title: `highest on the way to ${mark} orders`, rssMb: highest });
    await settled(`idle after ${mark} orders`);
  }
  few.close();
  return samples;
}

function fleetOf({ world }: BenchContext, server: BenchServer, clients: number): Promise<Fleet> {
  // The light generator: what it leaves of the machine is the server's.
  return openFleet({ server, responder: world.responder, clients, keepAlive: true, transport: 'raw' });
}

/** Returns the highest resident memory in megabytes. Throws when an order fails. */
async function issue(context: BenchContext, fleet: Fleet, count: number): Promise<number> {
  let highest = 0;
  for (let done = 0; done < count; done += PORTION) {
    const batch = process.hrtime.bigint().toString(36);
    const portion = { count: Math.min(PORTION, count - done), namesPerOrder: 1, batch };
    const { recorder, lost, rssMb } = await fleet.run(await prepareOrders(portion));
    const failure = lost ?? recorder.failures[0];
    if (failure !== undefined) throw new Error(`an order failed: ${failure}`);
    highest = Math.max(highest, rssMb);
    context.report.progress(`  ${done + portion.count} of ${count} orders, ${figure(rssMb)} MB`);
  }
  return highest;
}

async function restingRss(pid: number): Promise<number> {
  const samples: number[] = [];
  for (let index = 0; index < 10; index += 1) {
    samples.push(memoryUse(pid).rssMb);
    await pause(50);
  }
  return median(samples);
}

function report(context: BenchContext, samples: ReadonlyMap<string, readonly Sample[]>): void {
  const [ours = []] = samples.values();
  context.report.table({
    title: 'Resident memory, MB',
    columns: ['', ...samples.keys()],
    rows: ours.map(({ title }) => [
      title,
      ...[...samples.values()].map((of) =>
        figure(of.find((sample) => sample.title === title)?.rssMb ?? Number.NaN),
      ),
    ]),
    notes: [`Idle: ${settleMs(context) / 1000} s after the last request.`],
  });
  context.report.record('memory', Object.fromEntries(samples));
}
