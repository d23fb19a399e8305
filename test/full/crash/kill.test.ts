import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../support/running-server.ts';
import { compareAccount, compareNonces, compareOrder } from './compare.ts';
import type { CrashWorld } from './crash-world.ts';
import { createCrashWorld, inTurns, withSession } from './crash-world.ts';
import {
  addExpired,
  countBetween,
  countPresent,
  faultsOf,
  letExpire,
  schemaVersion,
  takeBackToFirstSchema,
} from './database.ts';
import { killFirstStarts } from './first-start.ts';
import { chooseMoment, killDuringStart } from './kill-during-start.ts';
import type { AccountEntry, OrderEntry } from './ledger.ts';
import { loadUntil } from './under-load.ts';

const KILLS = Number(process.env.TOUCHSTONE_KILLS ?? 200);
const SEED = Number(process.env.TOUCHSTONE_SEED ?? Date.now() % 2 ** 31);

/** What ten kills are of, in turn. The two first starts are of one folder, one after the other. */
const TURN = [
  'load',
  'first start',
  'load',
  'sweep',
  'shutdown',
  'migration',
  'load',
  'sweep',
  'load',
  'shutdown',
] as const;

type Kind = (typeof TURN)[number];

/** Orders of the ledger that expire for a sweep, and others beside them: a dozen commits in all. */
const EXPIRING_AT_ONCE = 40;
const OTHERS_EXPIRED = 240;

/** The newest order, authorization and certificate stay for their ids. */
const NEWEST = 3;

const sweepAtOnce = (intervalMs: number) => ({
  'store.sweepIntervalSeconds': intervalMs / 1000,
  'store.keepExpiredSeconds': 0,
});

let world: CrashWorld;
beforeAll(async () => {
  world = await createCrashWorld(SEED);
});
afterAll(() => world.close());

/** What is told at the end. */
const tally = {
  kinds: { load: 0, 'first start': 0, migration: 0, sweep: 0, shutdown: 0 },
  firstStarts: {} as Record<string, number>,
  migrations: { 'not yet': 0, done: 0 },
  sweeps: { 'not yet': 0, 'half way': 0, done: 0 },
  midRequest: 0,
};

/** Milliseconds of the last whole start, within which starts are killed. */
let startMs = 600;

test(
  `${KILLS} times SIGKILL: nothing acknowledged is lost, nothing is issued twice, no nonce is taken again`,
  async () => {
    console.log(`seed ${SEED} (TOUCHSTONE_SEED), ${KILLS} kills (TOUCHSTONE_KILLS)`);
    // Something to expire, and rows to migrate, from the first of those kills on.
    await killUnderLoad(300);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const kind = TURN[kill % TURN.length] ?? 'load';
      await rounds[kind]();
      tally.kinds[kind] += 1;
    }
    await requireTheWholeLedger();
    console.log(JSON.stringify(tally));
    if (KILLS < TURN.length) return;
    for (const [kind, count] of Object.entries(tally.kinds)) expect(count, kind).toBeGreaterThan(0);
    // What kills meet by chance, few may miss.
    if (KILLS < 5 * TURN.length) return;
    expect(tally.midRequest).toBeGreaterThanOrEqual((tally.kinds.load + tally.kinds.shutdown) / 2);
    expect(tally.sweeps['half way']).toBeGreaterThan(0);
  },
  // Half a second a kill, and ten times that on a machine that has other things to do.
  10 * 60_000 + KILLS * 5_000,
);

const rounds: Readonly<Record<Kind, () => Promise<void>>> = {
  load: () => killUnderLoad(1 + world.chance.below(120)),
  shutdown: killDuringShutdown,
  sweep: killDuringSweep,
  migration: killDuringMigration,
  'first start': killDuringFirstStart,
};

async function killUnderLoad(afterRequests: number): Promise<void> {
  const server = await startAndCompare();
  const afterMs = world.chance.below(4);
  const { midRequest } = await loadUntil(world, server, {
    afterRequests,
    interrupt: () => (afterMs === 0 ? server.kill() : void setTimeout(() => server.kill(), afterMs)),
  });
  if (midRequest) tally.midRequest += 1;
}

/** SIGTERM, and SIGKILL before the server has ended by itself. */
async function killDuringShutdown(): Promise<void> {
  for (let tries = 0; tries < 10; tries += 1) {
    const server = await startAndCompare();
    const afterMs = world.chance.below(30);
    const { midRequest, exitCode } = await loadUntil(world, server, {
      afterRequests: 1 + world.chance.below(80),
      interrupt: () => {
        void server.stop();
        setTimeout(() => server.kill(), afterMs);
      },
    });
    if (exitCode !== null) continue;
    if (midRequest) tally.midRequest += 1;
    return;
  }
  throw new Error('Of ten shutdowns each was over before it could be killed.');
}

/** Kills a server that sweeps from its first moment on, under load that asks for what is being swept. */
async function killDuringSweep(): Promise<void> {
  const { chance, ledger, database } = world;
  const open = ledger.orders.slice(0, -80).filter((order) => order.life === 'open');
  const expiring = open.filter(() => chance.below(3) > 0).slice(-EXPIRING_AT_ONCE);
  letExpire(database, expiring);
  for (const order of expiring) world.touched.add(order);
  const others = addExpired(database, OTHERS_EXPIRED);
  const server = await world.start(sweepAtOnce(10 + chance.below(200)));
  await loadUntil(world, server, {
    afterRequests: 1 + chance.below(60),
    interrupt: () => setTimeout(() => server.kill(), chance.below(60)),
  });
  const left = countPresent(database, expiring) + countBetween(database, others);
  const all = expiring.length + OTHERS_EXPIRED;
  // The newest stays.
  tally.sweeps[left === all ? 'not yet' : left > 1 ? 'half way' : 'done'] += 1;
}

async function killDuringMigration(): Promise<void> {
  const { chance, dataFolder, database } = world;
  takeBackToFirstSchema(database);
  for (;;) {
    const change = { of: dataFolder, named: 'touchstone.db-wal', withinMs: 1 + chance.below(60) };
    const moment = chooseMoment(chance, startMs, change);
    if (await killDuringStart(world.serverOptions(), moment)) break;
    takeBackToFirstSchema(database);
  }
  tally.migrations[schemaVersion(database) === 1 ? 'not yet' : 'done'] += 1;
}

async function killDuringFirstStart(): Promise<void> {
  // The first kill is what counts; a second on the same folder now and then is a first start gone on with.
  const { stages, wrong } = await killFirstStarts(world.chance, 1 + world.chance.below(2), startMs);
  expect(wrong, `first start, seed ${SEED}`).toEqual([]);
  for (const stage of stages) tally.firstStarts[stage] = (tally.firstStarts[stage] ?? 0) + 1;
}

/** Starts the server and holds it to what was acknowledged about all that was touched, and about some others. */
async function startAndCompare(): Promise<RunningServer> {
  const begun = performance.now();
  // Half of the servers sweep what earlier ones have left.
  const server = await world.start(world.chance.below(2) === 0 ? {} : sweepAtOnce(10));
  startMs = Math.round(performance.now() - begun);
  const others = Array.from({ length: 24 }, () => world.chance.pick(world.ledger.orders));
  const wrong = await compare(server, [...world.touched, ...others.filter((entry) => entry !== undefined)]);
  expect(wrong, `seed ${SEED}, after ${JSON.stringify(tally.kinds)}`).toEqual([]);
  world.touched.clear();
  return server;
}

/** What is not as acknowledged of the entries, and of nonces: those of before this start must all be refused, used or not. */
async function compare(
  server: RunningServer,
  entries: readonly (AccountEntry | OrderEntry)[],
): Promise<readonly string[]> {
  const { ledger } = world;
  const oldNonces = [...ledger.nonces].slice(-16);
  ledger.nonces.clear();
  return [
    ...(await compareEntries(server, entries)),
    ...(await withSession(
      server,
      ledger,
      () => {},
      (session) => compareNonces(session, ledger, oldNonces),
    )),
  ];
}

function compareEntries(
  server: RunningServer,
  entries: readonly (AccountEntry | OrderEntry)[],
): Promise<readonly string[]> {
  const some = [...new Set(entries)];
  const accounts = some.filter((entry): entry is AccountEntry => 'contacts' in entry);
  const orders = some.filter((entry): entry is OrderEntry => 'finalizeUrl' in entry);
  return withSession(
    server,
    world.ledger,
    () => {},
    async (session) => [
      // Accounts first: what is true of an order hangs on whether its account is still valid.
      ...(await inTurns(accounts, (entry) => compareAccount(session, entry))),
      ...(await inTurns(orders, (entry) => compareOrder(session, entry))),
    ],
  );
}

/** Everything that was ever acknowledged, twice: as the last kill left it, and when all that has expired is swept. */
async function requireTheWholeLedger(): Promise<void> {
  const { ledger, database } = world;
  const everything = [...ledger.accounts, ...ledger.orders];
  const ended = ledger.orders.filter((order) => order.life !== 'open');
  const asKilled = await world.start();
  expect(await compare(asKilled, everything)).toEqual([]);
  expect(await asKilled.stop()).toBe(0);
  expect(faultsOf(database)).toEqual([]);
  const sweeping = await world.start(sweepAtOnce(10));
  let left = ended.length;
  for (let looks = 0; looks < 50 && left > NEWEST; looks += 1) {
    expect(await compareEntries(sweeping, everything)).toEqual([]);
    left = countPresent(database, ended);
  }
  expect(left).toBeLessThanOrEqual(NEWEST);
  expect(await sweeping.stop()).toBe(0);
  expect(faultsOf(database)).toEqual([]);
  const issued = ledger.orders.filter((order) => order.stage === 'valid').length;
  console.log(
    `${ledger.answers} answers, ${ledger.accounts.length} accounts, ${ledger.orders.length} orders, ${issued} certificates; ` +
      `${ended.length} orders expired, ${ended.length - left} of them swept`,
  );
  expect(issued).toBeGreaterThan(0);
}
