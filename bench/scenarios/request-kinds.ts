import { createSecureContext } from 'node:tls';
import type { Channel } from '../load/channel.ts';
import { openChannel } from '../load/open-channel.ts';
import { prepareOrders } from '../load/prepare-orders.ts';
import { Recorder } from '../load/recorder.ts';
import type { Session } from '../load/session.ts';
import { openSession } from '../load/session.ts';
import { inTurn } from '../measure/in-turn.ts';
import { cpuMs } from '../measure/process-usage.ts';
import { median, rangeOf } from '../measure/statistics.ts';
import { figure, figureOfRange } from '../report/figures.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { LifeStage, OrderInHand, RequestWorld } from './request-stages.ts';
import { LIFE_STAGES } from './request-stages.ts';
import type { BenchContext, Scenario } from './scenario.ts';

const CLIENTS = 8;
/** Requests of each kind in a round: a tick of the kernel's clock is 10 ms, so cheap ones have to be many. */
const ORDERS = 500;
const CHEAP_REQUESTS = 5_000;
const NEW_ACCOUNTS = 500;

/** CPU of the server in milliseconds a request, by kind. */
type Costs = ReadonlyMap<string, number>;

export const requestKinds: Scenario = {
  name: 'request-kinds',
  summary: 'CPU of the server for each kind of request, in turn with Pebble',
  usual: true,
  async run(context) {
    const { options, report } = context;
    const servers: BenchServer[] = [await context.startTouchstone()];
    if (context.startPebble !== undefined) servers.push(await context.startPebble());
    const worlds: { readonly server: BenchServer; readonly world: RequestWorld; readonly costs: Costs[] }[] =
      [];
    for (const server of servers) worlds.push({ server, world: await openWorld(context, server), costs: [] });
    const rounds = options.pairs ?? (options.quick ? 1 : 3);
    // The first round warms up, and is not counted.
    for (let round = options.quick ? 1 : 0; round <= rounds; round += 1)
      for (const { server, world, costs } of inTurn(worlds, round)) {
        report.progress(`${server.name}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`} ...`);
        const measured = await runRound(context, server, world);
        if (round > 0) costs.push(measured);
      }
    for (const { world } of worlds) closeWorld(world);
    const clients = worlds[0]?.world.channels.length ?? 0;
    reportCosts(context, clients, new Map(worlds.map(({ server, costs }) => [server.name, costs])));
  },
};

async function openWorld({ options, world }: BenchContext, server: BenchServer): Promise<RequestWorld> {
  const origin = new URL(server.directoryUrl);
  const secureContext = createSecureContext({ ca: server.apiCaPem });
  const open = (): Channel =>
    openChannel({
      origin,
      context: secureContext,
      keepAlive: true,
      // node:https opens a new connection after each HEAD whose answer names no length, as Pebble's names none.
      transport: 'raw',
      onUnanswered: (path) => void recorder.unanswered.push(path),
    });
  const recorder = new Recorder();
  const channels = Array.from({ length: options.clients?.[0] ?? CLIENTS }, open);
  const [first] = channels;
  if (first === undefined) throw new Error('unreachable: there is a client at least');
  const directory = JSON.parse((await first.send('GET', origin.pathname, '')).body);
  const sessions: Session[] = [];
  for (let index = 0; index < channels.length; index += 1)
    sessions.push(await openSession(open(), directory, recorder));
  return {
    directoryPath: origin.pathname,
    directory,
    channels,
    sessions,
    recorder,
    responder: world.responder,
  };
}

function closeWorld({ channels, sessions }: RequestWorld): void {
  for (const connection of [...channels, ...sessions]) connection.close();
}

async function runRound({ options }: BenchContext, server: BenchServer, world: RequestWorld): Promise<Costs> {
  const scale = options.quick ? 0.1 : 1;
  const costs = new Map<string, number>();
  const measure = async (kind: string, count: number, action: () => Promise<void>): Promise<void> => {
    const before = cpuMs(server.pid);
    await action();
    costs.set(kind, (cpuMs(server.pid) - before) / count);
  };
  const cheap = CHEAP_REQUESTS * scale;
  const { directoryPath, directory, channels, recorder } = world;
  await measure('GET directory', cheap, () =>
    share(channels, cheap, (channel) => channel.send('GET', directoryPath, '')),
  );
  await measure('HEAD newNonce', cheap, () =>
    share(channels, cheap, (channel) => channel.send('HEAD', new URL(directory.newNonce).pathname, '')),
  );
  const accounts = NEW_ACCOUNTS * scale;
  await measure('newNonce and newAccount', accounts, () =>
    share(channels, accounts, (channel) => openSession(channel, directory, recorder)),
  );
  const count = options.orders ?? ORDERS * scale;
  const prepared = await prepareOrders({
    count,
    namesPerOrder: 1,
    batch: process.hrtime.bigint().toString(36),
  });
  await Promise.all(world.sessions.map((session) => session.wake()));
  const hands: OrderInHand[] = prepared.map((order, index) => {
    const session = world.sessions[index % world.sessions.length];
    if (session === undefined) throw new Error('unreachable: every order has a session');
    return { prepared: order, session };
  });
  for (const stage of LIFE_STAGES) await measure(stage.kind, count, () => runStage(world, hands, stage));
  const failure = recorder.unanswered[0];
  if (failure !== undefined) throw new Error(`${failure} was not answered for 5 s.`);
  return costs;
}

/** Every session sends one request after the other; the sessions side by side. */
async function runStage(world: RequestWorld, hands: readonly OrderInHand[], stage: LifeStage): Promise<void> {
  await Promise.all(
    world.sessions.map(async (session) => {
      for (const hand of hands) if (hand.session === session) await stage.send(world, hand);
    }),
  );
  await stage.settle?.(world, hands);
}

/** The channels share the requests, each its next as soon as it is done with its last. */
async function share(
  channels: readonly Channel[],
  count: number,
  send: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  let sent = 0;
  const work = async (channel: Channel): Promise<void> => {
    while (sent < count) {
      sent += 1;
      await send(channel);
    }
  };
  await Promise.all(channels.map(work));
}

function reportCosts(
  { report }: BenchContext,
  clients: number,
  costs: ReadonlyMap<string, readonly Costs[]>,
): void {
  const servers = [...costs.values()];
  const kinds = [...(servers[0]?.[0]?.keys() ?? [])];
  const samplesOf = (of: readonly Costs[], kind: string) => of.map((round) => round.get(kind) ?? Number.NaN);
  report.table({
    title: 'CPU of the server, ms a request',
    columns: ['', ...costs.keys(), ...(servers.length === 2 ? [[...costs.keys()].join(' / ')] : [])],
    rows: kinds.map((kind) => {
      const samples = servers.map((of) => samplesOf(of, kind));
      const [ours = Number.NaN, theirs] = samples.map(median);
      return [
        kind,
        ...samples.map((values) => figureOfRange(rangeOf(values))),
        ...(theirs === undefined ? [] : [figure(ours / theirs)]),
      ];
    }),
    notes: [
      `${clients} clients, keep-alive, one kind at a time. What goes on behind the answer is in the figure of its request.`,
    ],
  });
  report.record(
    'request kinds',
    Object.fromEntries(
      [...costs].map(([server, rounds]) => [server, rounds.map((round) => Object.fromEntries(round))]),
    ),
  );
}
