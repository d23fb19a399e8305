import { createSecureContext } from 'node:tls';
import { openAttacker } from '../load/attacker.ts';
import { openChannel } from '../load/open-channel.ts';
import { Recorder } from '../load/recorder.ts';
import type { Directory, Session } from '../load/session.ts';
import { openSession } from '../load/session.ts';
import { p99, percentile, rangeOf } from '../measure/statistics.ts';
import { figure, figureOfRange } from '../report/figures.ts';
import type { BenchServer } from '../servers/bench-server.ts';
import type { SlowDrips } from '../world/slow-drips.ts';
import { startSlowDrips } from '../world/slow-drips.ts';
import { warmUp } from './rounds.ts';
import type { BenchContext, Scenario } from './scenario.ts';

/** As many as there are connections to validated hosts at once, by as few accounts as can hold all of them. */
const TARGETS = 100;
const ATTACKERS = 4;
/** One is cut off after 10 s: so many keep the places taken for 40 s. */
const CHALLENGES_PER_ATTACKER = 100;
const CLIENTS = 4;
/** So long that the first hundred are cut off meanwhile, and others take their places. */
const MEASURED_MS = 15_000;
const QUICK_MS = 1000;

const CONDITIONS = ['idle', 'drips'] as const;
const STEPS = ['newOrder', 'authz', 'challenge', 'poll authz', 'poll order'] as const;

interface Round {
  readonly condition: (typeof CONDITIONS)[number];
  readonly stepMs: Readonly<Record<(typeof STEPS)[number], readonly number[]>>;
  readonly loopDelayP99Ms: number;
  /** Validations that hung on a target, each time it was looked. */
  readonly standing: readonly number[];
}

export const slowDrips: Scenario = {
  name: 'slow-drips',
  summary: `requests of others beside ${TARGETS} targets that answer byte by byte without end`,
  usual: false,
  async run(context) {
    const { options, report, world, paths } = context;
    const drips = await startSlowDrips(paths.slowDripsThread, TARGETS, world.httpPort);
    context.defer(() => drips.close());
    const rounds: Round[] = [];
    const pairs = options.pairs ?? (options.quick ? 1 : 3);
    for (let pair = 0; pair < pairs; pair += 1) rounds.push(...(await runOnce(context, drips)));
    report.record('slow-drips', rounds);
    report.table(tableOf(rounds));
  },
};

/** Both conditions against a server of their own, since the attack outlasts what is measured. */
async function runOnce(context: BenchContext, drips: SlowDrips): Promise<readonly Round[]> {
  const hosts = drips.addresses.map((address, index) => [`dns.hosts.*.drip${index}.test`, address] as const);
  const server = await context.startTouchstone({ settings: Object.fromEntries(hosts) });
  await warmUp(context, [server]);
  const clients = await openClients(context, server);
  const rounds = [await runRound(context, server, clients, 'idle', drips)];
  const attackers = [];
  for (let number = 0; number < ATTACKERS; number += 1)
    attackers.push(await openAttacker(server, context.options.transport));
  const share = TARGETS / ATTACKERS;
  await Promise.all(
    attackers.map((attacker, number) =>
      attacker.answerChallenges(
        Array.from(
          { length: CHALLENGES_PER_ATTACKER },
          (_, name) => `n${name}.drip${number * share + (name % share)}.test`,
        ),
      ),
    ),
  );
  await drips.stand(TARGETS);
  rounds.push(await runRound(context, server, clients, 'drips', drips));
  if (!(await attackers[0]?.isUndecided()))
    throw new Error('The attack was over before the last request: it measured nothing.');
  for (const connection of [...attackers, ...clients.sessions]) connection.close();
  await server.stop();
  return rounds;
}

interface Clients {
  readonly directory: Directory;
  readonly sessions: readonly Session[];
}

async function openClients({ options }: BenchContext, server: BenchServer): Promise<Clients> {
  const origin = new URL(server.directoryUrl);
  const context = createSecureContext({ ca: server.apiCaPem });
  const open = () =>
    openChannel({
      origin,
      context,
      keepAlive: true,
      transport: options.transport,
      onUnanswered: (path) => {
        throw new Error(`${path} was not answered for 5 s.`);
      },
    });
  const asking = open();
  const directory = JSON.parse((await asking.send('GET', origin.pathname, '')).body) as Directory;
  asking.close();
  const sessions: Session[] = [];
  for (let index = 0; index < (options.clients?.[0] ?? CLIENTS); index += 1)
    sessions.push(await openSession(open(), directory, new Recorder()));
  return { directory, sessions };
}

async function runRound(
  { options, report, world }: BenchContext,
  server: BenchServer,
  { directory, sessions }: Clients,
  condition: Round['condition'],
  drips: SlowDrips,
): Promise<Round> {
  const recorder = new Recorder();
  for (const session of sessions) session.recordTo(recorder);
  await server.takeLoopDelay?.();
  drips.takeCounts();
  const end = performance.now() + (options.quick ? QUICK_MS : MEASURED_MS);
  await Promise.all(
    sessions.map(async (session, client) => {
      for (let turn = 0; performance.now() < end; turn += 1)
        await takeTurn(session, directory, `${condition}-${client}-${turn}.bench.test`, world.responder);
    }),
  );
  const standing = drips.takeCounts();
  const loopDelayP99Ms = (await server.takeLoopDelay?.())?.p99 ?? Number.NaN;
  const all = STEPS.flatMap((step) => recorder.stepMs[step]);
  report.progress(
    `  ${condition}: p50 ${figure(percentile(all, 0.5))} ms, p99 ${figure(p99(all))} ms, ` +
      `beside ${Math.min(...standing)} to ${Math.max(...standing)} drips`,
  );
  return { condition, stepMs: recorder.stepMs, loopDelayP99Ms, standing };
}

/** What needs no validation to have ended. Its own waits for a place to dial from, and is answered for when it comes. */
async function takeTurn(
  session: Session,
  directory: Directory,
  name: string,
  responder: BenchContext['world']['responder'],
): Promise<void> {
  const identifiers = [{ type: 'dns', value: name }];
  const placed = await session.post('newOrder', directory.newOrder, { identifiers });
  const [authorization = ''] = (JSON.parse(placed.body) as { authorizations: string[] }).authorizations;
  const { challenges } = JSON.parse((await session.post('authz', authorization)).body) as {
    readonly challenges: readonly { readonly type: string; readonly url: string; readonly token: string }[];
  };
  const challenge = challenges.find(({ type }) => type === 'http-01');
  if (challenge === undefined) throw new Error('There is no http-01 challenge.');
  responder.serve(challenge.token, `${challenge.token}.${session.thumbprint}`);
  await session.post('challenge', challenge.url, {});
  await session.post('poll authz', authorization);
  await session.post('poll order', placed.headers.get('location') ?? '');
}

function tableOf(rounds: readonly Round[]) {
  const of = (condition: Round['condition']) => rounds.filter((round) => round.condition === condition);
  const spread = (condition: Round['condition'], value: (round: Round) => number) =>
    figureOfRange(rangeOf(of(condition).map(value)));
  const half = (samples: readonly number[]) => percentile(samples, 0.5);
  const row = (title: string, samplesOf: (round: Round) => readonly number[]) => [
    title,
    ...CONDITIONS.flatMap((condition) => [
      spread(condition, (round) => half(samplesOf(round))),
      spread(condition, (round) => p99(samplesOf(round))),
    ]),
  ];
  const standing = of('drips').flatMap((round) => round.standing);
  return {
    title: `Requests of other accounts, ms, beside ${TARGETS} slow drips`,
    columns: ['', ...CONDITIONS.flatMap((condition) => [`${condition} p50`, `${condition} p99`])],
    rows: [
      ...STEPS.map((step) => row(step, ({ stepMs }) => stepMs[step])),
      row('all', ({ stepMs }) => STEPS.flatMap((step) => stepMs[step])),
      [
        'event loop',
        ...CONDITIONS.flatMap((condition) => [
          '-',
          spread(condition, ({ loopDelayP99Ms }) => loopDelayP99Ms),
        ]),
      ],
    ],
    notes: [
      `${CLIENTS} clients, keep-alive. ${ATTACKERS} accounts answer challenges at ${TARGETS} addresses that send a head without ` +
        `end, a byte ten times a second; half the time there were ${figure(half(standing))} such connections or more. The ` +
        'generator shares the machine.',
    ],
  };
}
