import type { BenchServer } from '../servers/bench-server.ts';
import { reportSetup } from './issuance-tables.ts';
import { reportProfile } from './profile-tables.ts';
import type { Setup } from './rounds.ts';
import { runSetup, warmUp } from './rounds.ts';
import type { BenchContext, Scenario } from './scenario.ts';

/** Reported as a table of its own: an engine that compiles as it goes is slower until it has. */
const COLD_ORDERS = 400;
/** Those included. By then a JavaScript engine has compiled nearly all that it will: docs/performance.md has the curve. */
const WARM_UP_ORDERS = 4_000;
const CLIENTS = 8;

/** A setup and who runs it; the first two names make the column of the ratio. */
interface Contest {
  readonly setup: Setup;
  servers(): Promise<readonly BenchServer[]>;
}

export const issuance: Scenario = {
  name: 'issuance',
  summary: 'whole issuances with http-01: CPU, orders a second, latency, memory, in turn with Pebble',
  usual: true,
  async run(context) {
    const { report, options } = context;
    const ours = await context.startTouchstone(profileOptions(context));
    const pebble = await context.startPebble?.();
    let issued = await warmUpFromCold(context, pebble === undefined ? [ours] : [ours, pebble]);
    for (const { setup, servers } of contestsOf(context, ours, pebble)) {
      const rounds = await runSetup(context, await servers(), setup);
      reportSetup(report, setup, rounds);
      for (const round of rounds) if (round.pid === ours.pid) issued += round.issued;
    }
    for (const note of notesOf(pebble)) report.note(note);
    if (options.profile === undefined) return;
    await ours.stop();
    reportProfile(report, options.profile, issued);
  },
};

function profileOptions({ options }: BenchContext) {
  const { profile } = options;
  return profile === undefined ? {} : { nodeArguments: ['--cpu-prof', `--cpu-prof-dir=${profile}`] };
}

/** Servers that have just started: shows what their first orders take. Returns how many orders each has had then. */
async function warmUpFromCold(context: BenchContext, servers: readonly BenchServer[]): Promise<number> {
  const { options, report } = context;
  const all = options.warmUp ?? (options.quick ? 80 : WARM_UP_ORDERS);
  const cold = Math.min(all, options.quick ? 40 : COLD_ORDERS);
  const setup = setupOf(context, CLIENTS, cold);
  const title = `Cold: the first ${cold} orders after the start, ${setup.title}`;
  reportSetup(
    report,
    { ...setup, title },
    await runSetup(context, servers, { ...setup, orders: cold, title }, 1),
  );
  if (all > cold) await warmUp(context, servers, all - cold);
  return all;
}

function setupOf(
  { options }: BenchContext,
  clients: number,
  orders: number,
  change: Partial<Omit<Setup, 'title'>> & { readonly suffix?: string } = {},
): Setup {
  const { keepAlive = true, namesPerOrder = 1, transport = options.transport, suffix } = change;
  const title = [
    `${clients} ${clients === 1 ? 'client' : 'clients'}`,
    namesPerOrder === 1 ? 'one name' : `${namesPerOrder} names an order`,
    keepAlive ? 'keep-alive' : 'a new connection for each request',
    ...(transport === 'raw' ? ['light generator'] : []),
    ...(suffix === undefined ? [] : [suffix]),
  ].join(', ');
  return { title, clients, keepAlive, namesPerOrder, transport, orders: options.orders ?? orders };
}

function contestsOf(
  context: BenchContext,
  ours: BenchServer,
  pebble: BenchServer | undefined,
): readonly Contest[] {
  const { clients, names, quick } = context.options;
  const both = async () => (pebble === undefined ? [ours] : [ours, pebble]);
  const kept = (clients ?? (quick ? [CLIENTS] : [1, 8, 32, 128])).map((count) => ({
    setup: setupOf(context, count, quick ? 100 : count === 1 ? 500 : 1_000, { namesPerOrder: names ?? 1 }),
    servers: both,
  }));
  if (clients !== undefined) return kept;
  const orders = quick ? 100 : 1_000;
  const ungated: Contest = {
    setup: setupOf(context, CLIENTS, orders, { suffix: 'with and without the gate' }),
    servers: async () => [ours, { ...ours, name: 'ungated', ungated: true }],
  };
  const sameKeys: Contest = {
    setup: setupOf(context, CLIENTS, orders, { suffix: 'keys of both CAs RSA-2048' }),
    servers: async () => (pebble === undefined ? [] : [await startWithRsa(context), pebble]),
  };
  const fair = [ungated, ...(pebble === undefined ? [] : [sameKeys])];
  if (quick) return [...kept, ...fair];
  const more = [
    setupOf(context, CLIENTS, 500, { keepAlive: false }),
    setupOf(context, 4, 100, { namesPerOrder: 10 }),
    // What each server can do when the clients are elsewhere; one runs on one core, the other on all.
    setupOf(context, 32, 1_000, { transport: 'raw' }),
  ];
  return [...kept, ...more.map((setup) => ({ setup, servers: both })), ...fair];
}

/** As warm as the server that it is compared with. */
async function startWithRsa(context: BenchContext): Promise<BenchServer> {
  const settings = { 'issuance.keyAlgorithm': 'rsa-2048' };
  const server = { ...(await context.startTouchstone({ settings })), name: 'touchstone, RSA-2048' };
  await warmUp(context, [server], context.options.warmUp ?? (context.options.quick ? 80 : WARM_UP_ORDERS));
  return server;
}

function notesOf(pebble: BenchServer | undefined): readonly string[] {
  return [
    'Where it is not said otherwise, newOrder never meets a request that reads an authorization (a gate in the generator: Pebble 2.4 may lock up). That lines up the newOrders of all clients, which suits a server that syncs them together, and the waits for the gate are in the latency of an order.',
    ...(pebble === undefined
      ? []
      : [
          "Pebble's CA has RSA-2048 keys always, ours P-256 keys: finalize and CPU compare different signatures, but in the table where both are RSA-2048.",
          'Pebble asks for each token three times, and signs behind its answer to finalize: every poll after `processing` is in its requests and its CPU.',
        ]),
  ];
}
