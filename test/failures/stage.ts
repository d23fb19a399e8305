import { createServer } from 'node:net';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { StoryLine } from '../../src/explanation/story.ts';
import { tellStory } from '../../src/explanation/story.ts';
import type { FailureClass } from '../../src/protocol/failure-class.ts';
import { failureClassOf } from '../../src/protocol/failure-class.ts';
import type { ValidationRecord } from '../../src/protocol/validation-record.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import { validationSchema } from '../../src/validation/validation-config.ts';
import { createValidator } from '../../src/validation/validator.ts';
import { resolverFor } from '../dns/resolver-for.ts';
import type { DnsHandler } from '../support/dns-server.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { notingNetwork, questionFor } from '../support/validation-lab.ts';
import type { FailureCase } from './failure-case.ts';
import { ONLY_V4 } from './failure-case.ts';
import type { Service } from './services.ts';
import { stepWords } from './step-words.ts';

/** What the validator made of a row's world. */
export interface Played {
  readonly record: ValidationRecord;
  readonly failureClass: FailureClass | undefined;
  readonly code: string;
  readonly detail: string;
  readonly steps: readonly string[];
  readonly story: readonly StoryLine[];
  /** Addresses that the network was told to dial, in order. */
  readonly dialled: readonly string[];
}

/** A world's row without what is expected of it. */
export type World = Omit<FailureCase, 'what' | 'is' | 'code' | 'detail' | 'steps'>;

const CONNECT_MS = 10_000;
const TOTAL_MS = 60_000;
const IDENTITY = 'touchstone.test';

/** Builds the world on loopback, has the real validator look at it, and takes it down. */
export async function play(world: World): Promise<Played> {
  const cleanUp: (() => unknown)[] = [];
  try {
    return await playIn(world, cleanUp);
  } finally {
    for (const action of cleanUp.reverse()) await action();
  }
}

async function playIn(world: World, cleanUp: (() => unknown)[]): Promise<Played> {
  const { question, settings = {}, remotes = [], whenStarted } = world;
  const services = await startServices(world.servers ?? {}, cleanUp);
  const dns = await startDns(world.dns ?? answerFrom(world.zone ?? ONLY_V4), cleanUp);
  const timeoutMs = world.dnsTimeoutMs ?? 5000;
  const hosts = world.hosts ?? {};
  const lookingAt = (server: string) => {
    const resolver = resolverFor({ servers: [server], timeoutMs, hosts });
    cleanUp.push(() => resolver.close());
    return resolver;
  };
  const network = notingNetwork();
  const views = [];
  const dnsPorts = [dns.port];
  for (const [index, zone] of remotes.entries()) {
    const remote = await startDns(answerFrom(zone), cleanUp);
    dnsPorts.push(remote.port);
    views.push({ name: `remote-${index + 1}`, resolver: lookingAt(remote.server), network: notingNetwork() });
  }
  const config = {
    ...validationSchema.parse({ httpPort: services.http, tlsPort: services.https }),
    caa: { enabled: true, identities: [IDENTITY] },
    connectTimeoutMs: CONNECT_MS,
    responseTimeoutMs: CONNECT_MS,
    totalTimeoutMs: TOTAL_MS,
    ...settings,
  };
  const validator = createValidator(config, {
    resolver: lookingAt(dns.server),
    network,
    timer: systemTimer,
    clock: systemClock,
    userAgent: 'touchstone-test',
    remotes: views,
  });
  const stop = new AbortController();
  whenStarted?.(() => stop.abort());
  const undo = world.duringValidation?.();
  const { record } = await validator.validate({ ...questionFor(), ...question }, stop.signal);
  undo?.();
  const plain = (text: string) => asByDefault(text, services, dnsPorts, config);
  const { failure } = record;
  const { code, detail } = failure === undefined ? { code: 'none', detail: '' } : explainFailure(failure);
  return {
    record,
    failureClass: failure && failureClassOf(failure),
    code,
    detail: plain(detail),
    steps: record.steps.map(stepWords),
    story: tellStory(record).map(({ role, text }) => ({ role, text: plain(text) })),
    dialled: network.dialled.map((dial) => dial.split(' ')[0] ?? ''),
  };
}

interface Ports {
  readonly http: number;
  readonly https: number;
}

async function startServices(
  servers: Readonly<Record<string, Service>>,
  cleanUp: (() => unknown)[],
): Promise<Ports> {
  const startAll = async (scheme: 'http' | 'https', port: number) => {
    for (const [place, service] of Object.entries(servers)) {
      const [address = '', placeScheme] = place.split(' ');
      if (placeScheme !== scheme) continue;
      const { stop } = await service(address, port);
      cleanUp.push(stop);
    }
    return port;
  };
  return {
    http: await startAll('http', await privatePort()),
    https: await startAll('https', await privatePort()),
  };
}

async function startDns(handler: DnsHandler | 'closed', cleanUp: (() => unknown)[]) {
  if (handler === 'closed') {
    const port = await privatePort();
    return { port, server: `127.0.0.1:${port}` };
  }
  const server = await startDnsServer(handler);
  cleanUp.push(() => server.stop());
  return server;
}

/** Ports that the kernel gives to nobody who asks for a free one, so that what is closed stays closed. */
const BELOW_EPHEMERAL = { first: 20_000, count: 12_000 };
let nextPort = Math.floor(Math.random() * BELOW_EPHEMERAL.count);

async function privatePort(): Promise<number> {
  for (let tries = 0; tries < BELOW_EPHEMERAL.count; tries += 1) {
    nextPort = (nextPort + 1) % BELOW_EPHEMERAL.count;
    const port = BELOW_EPHEMERAL.first + nextPort;
    if ((await isFree(port, '127.0.0.1')) && (await isFree(port, '::1'))) return port;
  }
  throw new Error('no port below the ephemeral ones is free');
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host }, () => server.close(() => resolve(true)));
  });
}

/** A text with this world's ports and short budgets replaced by those that a reader knows. */
function asByDefault(
  text: string,
  { http, https }: Ports,
  dnsPorts: readonly number[],
  config: {
    readonly connectTimeoutMs: number;
    readonly responseTimeoutMs: number;
    readonly totalTimeoutMs: number;
  },
): string {
  const budgets: readonly (readonly [number, string])[] = [
    [config.connectTimeoutMs, '10 s'],
    [config.responseTimeoutMs, '10 s'],
    [config.totalTimeoutMs, '60 s'],
  ];
  const ports: readonly (readonly [number, number])[] = [
    [http, 5002],
    [https, 5001],
    ...dnsPorts.map((port) => [port, 53] as const),
  ];
  const withPorts = ports.reduce(
    (each, [from, to]) => each.replaceAll(new RegExp(`\\b${from}\\b`, 'g'), String(to)),
    text,
  );
  const withBudgets = budgets.reduce((each, [ms, words]) => each.replaceAll(`${ms} ms`, words), withPorts);
  return withBudgets.replace(/(?<=and now is )\d{4}-[\d:T.-]+Z/, 'NOW');
}
