import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UnreachableError } from '../../../src/client/client-error.ts';
import { createHttpTransport } from '../../../src/client/http-transport.ts';
import type { Http01Responder } from '../../../src/client/http01-responder.ts';
import { startHttp01Responder } from '../../../src/client/http01-responder.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import { freePort } from '../../support/free-port.ts';
import type { RunningServer } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';
import { compareAccount, compareNonces, compareOrder } from './compare.ts';
import type { AccountEntry, OrderEntry } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { LoadContext } from './load.ts';
import { doSomething } from './load.ts';
import { seededChance } from './seeded-chance.ts';
import type { Session } from './session.ts';
import { createSession } from './session.ts';

const KILLS = Number(process.env.TOUCHSTONE_KILLS ?? 200);
const SEED = Number(process.env.TOUCHSTONE_SEED ?? Date.now() % 2 ** 31);
const WORKERS = 8;

const dataFolder = mkdtempSync(join(tmpdir(), 'touchstone-kill-'));
const ledger = new Ledger();
const chance = seededChance(SEED);
let responder: Http01Responder;
let acmePort: number;
let names = 0;

beforeAll(async () => {
  responder = await startHttp01Responder({ port: 0, timer: systemTimer });
  acmePort = await freePort();
});

afterAll(async () => {
  await responder.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

test(
  `${KILLS} times SIGKILL under load: nothing acknowledged is lost, nothing is issued twice`,
  async () => {
    console.log(`seed ${SEED} (TOUCHSTONE_SEED), ${KILLS} kills (TOUCHSTONE_KILLS)`);
    let midRequest = 0;
    let touched = new Set<AccountEntry | OrderEntry>();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const server = await start();
      const wrong = await compare(server, touched, 40);
      expect(wrong, `after kill ${kill}, seed ${SEED}`).toEqual([]);
      touched = new Set();
      if (await loadUntilKilled(server, touched)) midRequest += 1;
    }
    const server = await start();
    expect(await compare(server, new Set([...ledger.accounts, ...ledger.orders]), 0)).toEqual([]);
    expect(await server.stop()).toBe(0);
    const issued = ledger.orders.filter((order) => order.stage === 'valid').length;
    console.log(
      `${ledger.answers} answers, ${ledger.accounts.length} accounts, ${ledger.orders.length} orders, ${issued} certificates; ${midRequest} of ${KILLS} kills while a request had no answer yet`,
    );
    expect(midRequest).toBeGreaterThanOrEqual(KILLS / 2);
    expect(issued).toBeGreaterThan(0);
    expect(ordersWithTwoCertificates()).toEqual([]);
  },
  45 * 60_000,
);

function start(): Promise<RunningServer> {
  return startServer({
    dataFolder,
    settings: { 'acme.port': acmePort, 'validation.httpPort': responder.port, 'log.level': 'error' },
    hosts: { '*.crash.example': ['127.0.0.1', '::1'] },
  });
}

async function withSession<Outcome>(
  server: RunningServer,
  onSend: (session: Session) => void,
  action: (session: Session) => Promise<Outcome>,
): Promise<Outcome> {
  const apiCa = readFileSync(server.apiCa, 'utf8');
  const transport = createHttpTransport({ apiCa, timeoutMs: 20_000, timer: systemTimer });
  const session: Session = createSession(`https://localhost:${acmePort}`, transport, ledger, () =>
    onSend(session),
  );
  try {
    return await action(session);
  } finally {
    transport.close();
  }
}

/** What of the touched entries, of some others, and of the old nonces is not as acknowledged. */
async function compare(
  server: RunningServer,
  touched: ReadonlySet<AccountEntry | OrderEntry>,
  others: number,
): Promise<readonly string[]> {
  const sample = Array.from({ length: others }, () => chance.pick(ledger.orders)).filter(
    (entry) => entry !== undefined,
  );
  const entries = new Set<AccountEntry | OrderEntry>([...touched, ...sample]);
  const oldNonces = [...ledger.nonces].slice(-16);
  ledger.nonces.clear();
  return withSession(
    server,
    () => {},
    async (session) => {
      const accounts = [...entries].filter((entry): entry is AccountEntry => 'contacts' in entry);
      const orders = [...entries].filter((entry): entry is OrderEntry => 'finalizeUrl' in entry);
      const wrong = [
        // Accounts first: what is true of an order hangs on whether its account is still valid.
        ...(await inTurns(accounts, (entry) => compareAccount(session, entry))),
        ...(await inTurns(orders, (entry) => compareOrder(session, entry))),
        ...(await compareNonces(session, ledger, oldNonces)),
      ];
      return wrong;
    },
  );
}

async function inTurns<Entry>(
  entries: readonly Entry[],
  check: (entry: Entry) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const queue = [...entries];
  const wrong: string[] = [];
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift())
        wrong.push(...(await check(entry)));
    }),
  );
  return wrong;
}

/** Loads the server, and kills it after a random number of requests. Resolves with whether one of them was unanswered. */
async function loadUntilKilled(server: RunningServer, touched: LoadContext['touched']): Promise<boolean> {
  let left = 1 + chance.below(120);
  const afterMs = chance.below(4);
  let killedMidRequest: boolean | undefined;
  const onSend = (session: Session): void => {
    left -= 1;
    if (left !== 0) return;
    const kill = (): void => {
      killedMidRequest = session.inFlight() > 0;
      server.kill();
    };
    if (afterMs === 0) kill();
    else setTimeout(kill, afterMs);
  };
  await withSession(server, onSend, async (session) => {
    const context: LoadContext = {
      session,
      ledger,
      chance,
      responder,
      touched,
      busy: new Set(),
      nextName: () => `n${++names}.crash.example`,
    };
    await Promise.all(
      Array.from({ length: WORKERS }, () => work(context, () => killedMidRequest !== undefined)),
    );
  });
  await server.exited;
  return killedMidRequest === true;
}

async function work(context: LoadContext, isKilled: () => boolean): Promise<void> {
  for (;;) {
    try {
      await doSomething(context);
    } catch (error) {
      if (error instanceof UnreachableError && isKilled()) return;
      throw error;
    }
  }
}

function ordersWithTwoCertificates(): readonly unknown[] {
  const database = new Database(join(dataFolder, 'touchstone.db'), { readonly: true });
  try {
    return database.prepare('SELECT order_id FROM certificates GROUP BY order_id HAVING count(*) > 1').all();
  } finally {
    database.close();
  }
}
